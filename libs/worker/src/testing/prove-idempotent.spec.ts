import { describe, expect, test } from '@jest/globals';
import { TaskError } from '../handlers/task-error.js';
import {
  outsideWorld,
  type ProofOptions,
  type ProvedHandler,
  proveIdempotent,
  type Watched,
  type WatchOptions,
} from './index.js';

interface Order {
  readonly cents: number;
  readonly key?: string;
}

/** A payment provider that, by itself, charges whenever it is asked to. */
class Provider {
  readonly charged: Order[] = [];
  async charge(order: Order): Promise<{ readonly id: number }> {
    this.charged.push(order);
    return { id: this.charged.length };
  }
  async find(key: string): Promise<{ readonly id: number } | null> {
    const index = this.charged.findIndex((order) => order.key === key);
    return index < 0 ? null : { id: index + 1 };
  }
}

interface Clients extends Watched {
  readonly provider: Provider;
}

const reads = ['find'];
const watched = (options: WatchOptions): Clients => {
  const world = outsideWorld();
  return { world, provider: world.watch('provider', new Provider(), { reads, ...options }) };
};
const forgetful = () => watched({});
const knowing = () => watched({ dedupe: (method, [order]) => (method === 'charge' ? ((order as Order).key ?? null) : null) });

const prove = (handler: ProvedHandler<Clients>, options: Partial<ProofOptions<Clients>> = {}) =>
  proveIdempotent(handler, { input: { cents: 5 }, world: forgetful, ...options });

const naive: ProvedHandler<Clients> = ({ cents }, _attempt, { provider }) => provider.charge({ cents });
const keyed: ProvedHandler<Clients> = ({ cents }, attempt, { provider }) => provider.charge({ cents, key: attempt.key });
const recorded: ProvedHandler<Clients> = ({ cents }, attempt, { provider }) =>
  attempt.effect('charge', ({ key }) => provider.charge({ cents, key }));
const probing: ProvedHandler<Clients> = ({ cents }, attempt, { provider }) =>
  attempt.effect('charge', ({ key }) => provider.charge({ cents, key }), {
    probe: async ({ key }) => {
      const found = await provider.find(key);
      return found === null ? { happened: false } : { happened: true, result: found };
    },
  });

describe('a handler that may not be repeated', () => {
  test('charges twice, and the report says when', async () => {
    const proof = await prove(naive);
    expect(proof.idempotent).toBe(false);
    expect(proof.problems.map(({ scenario, action, times }) => [scenario, action, times])).toEqual(
      [
        'the first attempt succeeds, and its outcome is lost',
        'the first attempt dies after provider.charge',
        'the first attempt sleeps before provider.charge until the second has finished',
        'the first attempt sleeps after provider.charge until the second has finished',
        'two attempts are before provider.charge at the same time',
      ].map((scenario) => [scenario, 'provider.charge({"cents":5})', 2]),
    );
    expect([proof.scenarios.length, proof.inDoubt]).toEqual([7, []]);
    expect(String(proof)).toContain(
      'not idempotent: 5 problems in 7 scenarios\n  provider.charge({"cents":5}) happens twice and not once when the first attempt succeeds, and its outcome is lost\n',
    );
  });

  test('looks first and acts then: only when two are at it at once', async () => {
    const proof = await prove(async ({ cents }, { key }, { provider }) => {
      return (await provider.find(key)) ?? (await provider.charge({ cents, key }));
    });
    expect(proof.problems.map(({ scenario }) => scenario)).toEqual([
      'the first attempt sleeps after provider.find until the second has finished',
      'the first attempt sleeps before provider.charge until the second has finished',
      'two attempts are before provider.charge at the same time',
    ]);
  });

  test('does something else each time', async () => {
    const proof = await prove((_input, { number, fence }, { provider }) => provider.charge({ cents: number, key: `${fence}` }), {
      world: knowing,
    });
    expect(proof.problems[0]).toMatchObject({ action: 'provider.charge', times: 2 });
  });

  test('notes that it is done before it is: then it never happens', async () => {
    const proof = await proveIdempotent(
      async ({ cents }, { key }, { provider, seen }) => {
        if (seen.has(key)) return null;
        seen.add(key);
        return provider.charge({ cents });
      },
      { input: { cents: 5 }, world: () => ({ ...forgetful(), seen: new Set<string>() }) },
    );
    expect(proof.problems).toContainEqual({
      scenario: 'the first attempt dies before provider.charge',
      action: 'provider.charge',
      times: 0,
      sentence: expect.stringMatching(/^provider.charge happens never and not once, and yet the task succeeds, when the first/),
    });
  });

  test('fails when it is repeated', async () => {
    const proof = await prove(async ({ cents }, { key }, { provider }) => {
      if ((await provider.find(key)) !== null) throw new TaskError('TWICE', 'no', { retryable: false });
      return provider.charge({ cents, key });
    });
    expect(proof.problems[0]).toMatchObject({
      action: null,
      sentence: expect.stringMatching(/^the task is failed with TWICE, no,/),
    });
  });

  test('records its effects and asks, of a provider that knows no keys: one that sleeps in its request charges when it wakes', async () => {
    const proof = await prove(probing);
    expect(proof.problems.map(({ scenario }) => scenario)).toEqual([
      'the first attempt sleeps before provider.charge until the second has finished',
      'two attempts are before provider.charge at the same time',
    ]);
  });
});

describe('a handler that may be repeated', () => {
  test('gives its key to a provider that knows keys', async () => {
    const proof = await prove(keyed, { world: knowing });
    expect([String(proof), proof.inDoubt]).toEqual(['idempotent in 7 scenarios', []]);
    expect((await prove(keyed)).idempotent).toBe(false);
  });

  test('records its effects: what nobody can know is in doubt, and not repeated', async () => {
    const proof = await prove(recorded);
    expect([proof.problems, proof.scenarios.length]).toEqual([[], 12]);
    expect(proof.inDoubt.map(({ scenario, code }) => [scenario, code])).toEqual(
      [
        'the first attempt dies before provider.charge',
        'the first attempt dies after provider.charge',
        'the first attempt sleeps before provider.charge until the second has finished',
        'the first attempt sleeps after provider.charge until the second has finished',
        'two attempts are before provider.charge at the same time',
      ].map((scenario) => [scenario, 'IN_DOUBT']),
    );
  });

  test('asks by the key, or repeats under it', async () => {
    for (const proof of [await prove(probing, { world: knowing }), await prove(recorded, { world: knowing, onInDoubt: 'retry' })])
      expect([proof.problems, proof.inDoubt]).toEqual([[], []]);
  });

  test('writes in a transaction; what it does outside beside it counts as ever', async () => {
    const query = () => ({ rows: [], rowCount: 1 });
    const write: ProvedHandler<Clients> = (_input, attempt) =>
      attempt.transaction(async (transaction) => (await transaction.query('insert')).rowCount);
    expect(String(await prove(write, { query }))).toBe('idempotent in 7 scenarios');
    const both: ProvedHandler<Clients> = async (input, attempt, clients) => {
      await naive(input, attempt, clients);
      return write(input, attempt, clients);
    };
    expect((await prove(both, { query })).idempotent).toBe(false);
  });

  test('says once: it is in doubt whenever its end is not known', async () => {
    const proof = await prove(naive, { effect: 'once' });
    expect([proof.problems, proof.inDoubt.length]).toEqual([[], 6]);
  });
});

describe('what cannot be proved', () => {
  const everlasting = forgetful();
  test.each<[string, string, ProvedHandler<Clients>, Partial<ProofOptions<Clients>>]>([
    ['a handler that does nothing outside', 'NOT_GIVEN', () => 1, {}],
    ['one that fails undisturbed', 'WRONG_STATE', () => Promise.reject(new TaskError('NO', 'no', { retryable: false })), {}],
    ['one that never ends', 'NO_END', () => new Promise(() => undefined), { patience: '50ms' }],
    [
      'one that does too much',
      'NO_END',
      async (_input, _attempt, { provider }) => {
        for (let cents = 0; cents < 41; cents += 1) await provider.charge({ cents });
      },
      {},
    ],
    ['a world that is used twice', 'NOT_GIVEN', keyed, { world: () => everlasting }],
    ['what takes too long', 'NO_END', keyed, { limit: '0s' }],
  ])('%s is an error of the test', async (_what, code, handler, options) => {
    await expect(prove(handler, options)).rejects.toMatchObject({ name: 'TesterError', code });
  });
});

test('methods of objects in a client count too, and what is no method is what it is', async () => {
  const proof = await proveIdempotent((_input, _attempt, { bank }) => bank.charges.create(bank.currency), {
    world: () => {
      const world = outsideWorld();
      return { world, bank: world.watch('bank', { currency: 'EUR', charges: { create: async (text: string) => text } }) };
    },
  });
  expect(proof.problems[0]?.action).toBe('bank.charges.create("EUR")');
});
