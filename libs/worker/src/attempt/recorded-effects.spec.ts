import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ClaimId, claimId, fence, type OnInDoubt, type Outcome } from '@reprise/core';
import { type Claimed, ClaimStore, EffectStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { insertTasks } from '../../../ledger/test/rows.js';
import { attemptAt, type Work } from '../../test/run-attempts.js';
import type { EffectOptions } from '../handlers/attempt.js';
import { TaskError } from '../handlers/task-error.js';

let db: TestDatabase;
let claims: ClaimStore;

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** What has really been done outside. */
class Outside {
  readonly calls: string[] = [];
  charge = async (key: string): Promise<{ receipt: number }> => {
    this.calls.push(key);
    return { receipt: this.calls.length };
  };
}

const newClaim = (): ClaimId => claimId(systemClock.uuid());

async function claimed(): Promise<Claimed> {
  const [ticket] = await insertTasks(db.database, 1);
  const {
    claimed: [mine],
  } = await claims.claim([ticket!], newClaim(), 'executor-1', 15_000, 'default');
  return mine!;
}

async function replaced({ run, node, at, fence: held }: Claimed): Promise<Claimed> {
  await db.query(
    `update reprise.task set status = 'ready', claim = null, lease_until = null, fence = fence + 1, queued_at = now(), queue = 'default'
     where run_id = $1`,
    [run],
  );
  const {
    claimed: [mine],
  } = await claims.claim([{ run, node, at, fence: fence(held + 1) }], newClaim(), 'executor-2', 15_000, 'default');
  return mine!;
}

interface Counted {
  answered: number;
  replaced: number;
}

function attemptOf(held: Claimed, work: Work, counted: Counted = { answered: 0, replaced: 0 }, onInDoubt?: OnInDoubt) {
  return attemptAt(work, {
    ticket: { ...held, fence: fence(held.fence - 1), path: 'pay', ...(onInDoubt === undefined ? {} : { onInDoubt }) },
    claimed: held,
    options: {
      effects: new EffectStore(db.database),
      onAnswered: () => {
        counted.answered += 1;
      },
      onReplaced: () => {
        counted.replaced += 1;
      },
    },
  });
}

const runAs = (held: Claimed, work: Work, counted?: Counted, onInDoubt?: OnInDoubt): Promise<Outcome | null> =>
  attemptOf(held, work, counted, onInDoubt).run();

const charging =
  (outside: Outside, options?: EffectOptions<{ receipt: number }>): Work =>
  (_input, attempt) =>
    attempt.effect('charge', ({ key }) => outside.charge(key), options);

const breaking =
  (error: unknown, options?: EffectOptions<unknown>): Work =>
  (_input, attempt) =>
    attempt.effect(
      'charge',
      async () => {
        throw error;
      },
      options,
    );

async function row({ run }: Claimed) {
  const [found] = await db.query<{ state: string; error: string | null; result: string | null }>(
    'select state, error, result from reprise.effect where run_id = $1',
    [run],
  );
  return { state: found?.state ?? null, error: found?.error ?? null, result: found?.result ?? null };
}

beforeAll(async () => {
  db = await TestDatabase.create();
  claims = new ClaimStore(db.database);
});
afterAll(() => db.end());

describe('an effect', () => {
  test('happens once, however often its task is attempted, under a key that stays', async () => {
    const outside = new Outside();
    const counted = { answered: 0, replaced: 0 };
    const first = await claimed();
    expect(await runAs(first, charging(outside), counted)).toEqual({ kind: 'succeeded', output: '{"receipt":1}' });
    expect(await runAs(await replaced(first), charging(outside), counted)).toEqual({
      kind: 'succeeded',
      output: '{"receipt":1}',
    });
    expect(outside.calls).toEqual([`${first.run}/pay/charge`]);
    expect(counted).toEqual({ answered: 1, replaced: 0 });
  });

  test.each<[string, unknown, string, boolean]>([
    ['says that nothing happened', new TaskError('BUSY', 'x', { happened: false }), 'void', true],
    ['says so in its details', new TaskError('BUSY', 'x', { details: { happened: false } }), 'void', true],
    ['could not connect', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'void', false],
    ['could not connect, in its cause', new Error('fetch failed', { cause: { code: 'ENOTFOUND' } }), 'void', false],
    [
      'could connect to none',
      Object.assign(new AggregateError([{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }])),
      'void',
      false,
    ],
    ['may have reached one', new AggregateError([{ code: 'ECONNREFUSED' }, { code: 'ECONNRESET' }]), 'in_doubt', false],
    ['broke off', Object.assign(new Error('x'), { code: 'ECONNRESET' }), 'in_doubt', false],
    ['says nothing', new TaskError('DECLINED', 'x', { retryable: false }), 'in_doubt', false],
    ['says that it happened', new TaskError('ODD', 'x', { happened: true }), 'in_doubt', false],
    ['is nothing', undefined, 'in_doubt', false],
  ])('that %s is known, or in doubt', async (_, error, state, said) => {
    const held = await claimed();
    const outcome = await runAs(held, breaking(error));
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect('happened' in (outcome ?? {})).toBe(said);
    expect((await row(held)).state).toBe(state);
  });

  test.each<[string, () => Promise<unknown>, string, object]>([
    ['is answered', async () => 7, 'committed', { kind: 'succeeded', output: '{"receipt":1}' }],
    ['is in doubt', () => Promise.reject(new Error('broke off')), 'in_doubt', { kind: 'failed' }],
  ])(
    'whose end could not be recorded does not happen again when its handler tries again: it %s',
    async (_, then, state, expected) => {
      const outside = new Outside();
      const held = await claimed();
      const store = new EffectStore(db.database);
      let failures = 1;
      const effects: Pick<EffectStore, 'begin' | 'end'> = {
        begin: (...asked) => store.begin(...asked),
        end: async (...asked) => {
          failures -= 1;
          if (failures >= 0) throw new Error('the ledger was away');
          return store.end(...asked);
        },
      };
      const charge: Work = (_input, attempt) =>
        attempt.effect('charge', async ({ key }) => {
          const receipt = await outside.charge(key);
          await then();
          return receipt;
        });
      const twice: Work = async (input, attempt) => {
        await expect(charge(input, attempt)).rejects.toThrow('the ledger was away');
        return charge(input, attempt);
      };
      const ticket = { ...held, fence: fence(held.fence - 1), path: 'pay' };
      expect(await attemptAt(twice, { ticket, claimed: held, options: { effects } }).run()).toMatchObject(expected);
      expect(outside.calls).toHaveLength(1);
      expect((await row(held)).state).toBe(state);
    },
  );

  test('whose result cannot be kept has happened all the same: it is in doubt', async () => {
    const held = await claimed();
    const work: Work = (_input, attempt) => attempt.effect('charge', async () => 'x'.repeat(2_000));
    expect(await runAs(held, work)).toMatchObject({ kind: 'failed', error: { code: 'OUTPUT_TOO_LARGE' } });
    expect((await row(held)).state).toBe('in_doubt');
  });

  test('has one request: another one under its name is refused, not answered', async () => {
    const outside = new Outside();
    const first = await claimed();
    await runAs(first, charging(outside, { request: { amount: 5, to: 'ann' } }));
    const second = await replaced(first);
    const other = await runAs(second, charging(outside, { request: { amount: 6, to: 'ann' } }));
    expect(other).toMatchObject({ kind: 'failed', retryable: false, error: { code: 'IDEMPOTENCY_CONFLICT' } });
    const same = await runAs(await replaced(second), charging(outside, { request: { to: 'ann', amount: 5 } }));
    expect(same).toMatchObject({ kind: 'succeeded' });
    expect(outside.calls).toHaveLength(1);
  });

  test.each(['', 'x'.repeat(201), 'a\0b', '\ud800'])('is not called %j', async (name) => {
    const work: Work = (_input, attempt) => attempt.effect(name, async () => 1);
    expect(await runAs(await claimed(), work)).toMatchObject({ error: { code: 'INVALID_INPUT' }, happened: false });
  });

  test('is not begun twice at the same time, nor once the attempt was told to stop', async () => {
    const twice: Work = async (_input, attempt) => {
      const one = attempt.effect('charge', async () => 1);
      await expect(attempt.effect('charge', async () => 2)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      return one;
    };
    expect(await runAs(await claimed(), twice)).toEqual({ kind: 'succeeded', output: '1' });
    const outside = new Outside();
    const held = await claimed();
    const late = attemptOf(held, async (_input, attempt) => {
      late.stop('cancelled');
      return charging(outside)(null, attempt);
    });
    expect(await late.run()).toEqual({ kind: 'cancelled' });
    expect([outside.calls, (await row(held)).state]).toEqual([[], null]);
  });

  test('of an attempt that has been replaced is refused and counted, and its handler is stopped', async () => {
    const outside = new Outside();
    const counted = { answered: 0, replaced: 0 };
    const first = await claimed();
    const work: Work = (_input, attempt) =>
      attempt.effect('charge', async ({ key, signal }) => {
        await replaced(first);
        const receipt = await outside.charge(key);
        expect(signal.aborted).toBe(false);
        return receipt;
      });
    expect(await runAs(first, work, counted)).toBeNull();
    expect(counted.replaced).toBe(1);
    expect((await row(first)).state).toBe('intended');
    expect(await runAs(first, charging(outside), counted)).toBeNull();
    expect([counted.replaced, outside.calls.length]).toEqual([2, 1]);
  });

  test('leaves no secret in the ledger', async () => {
    const held = await claimed();
    const attempt = attemptAt((_input, each) => each.effect('charge', async () => ({ token: 'sesame-opens', ok: true })), {
      ticket: { ...held, fence: fence(held.fence - 1), path: 'pay' },
      claimed: {
        ...held,
        input: '{"token":null}' as Claimed['input'],
        secrets: '[{"path":["token"],"parts":[{"secret":"T"}]}]' as Claimed['input'],
      },
      options: { effects: new EffectStore(db.database), readSecret: () => 'sesame-opens' },
    });
    expect(JSON.stringify(await attempt.run())).not.toContain('sesame');
    expect((await row(held)).result).toBe('{"token":"***","ok":true}');
  });
});

describe('an effect in doubt', () => {
  /** Begun by an attempt that died in it. */
  async function doubted(): Promise<Claimed> {
    const first = await claimed();
    const dying = attemptOf(first, (_input, attempt) => attempt.effect('charge', ({ signal }) => never(signal)));
    const died = dying.run();
    await eventually(async () => (await row(first)).state === 'intended', { what: 'the effect is begun' });
    const second = await replaced(first);
    dying.stop('lost');
    expect(await died).toBeNull();
    return second;
  }

  test('park: is not repeated; the error tells what is known', async () => {
    const outside = new Outside();
    const held = await doubted();
    const outcome = await runAs(held, charging(outside));
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: {
        code: 'IN_DOUBT',
        message: 'effect "charge" may have happened in attempt 1: that attempt ended without saying so',
        details: { effect: 'charge', key: `${held.run}/pay/charge`, attempt: 1, onInDoubt: 'park', cause: null },
      },
    });
    expect(outside.calls).toEqual([]);
  });

  test('retry: happens again, under the same key', async () => {
    const outside = new Outside();
    const held = await doubted();
    expect(await runAs(held, charging(outside, { onInDoubt: 'retry' }))).toMatchObject({ kind: 'succeeded' });
    expect(outside.calls).toEqual([`${held.run}/pay/charge`]);
  });

  test.each<[string, EffectOptions<{ receipt: number }>['probe'], string, number]>([
    ['knows that it happened', async () => ({ happened: true, result: { receipt: 99 } }), 'succeeded', 0],
    ['knows that it did not', async () => ({ happened: false }), 'succeeded', 1],
    ['does not know', async () => ({ happened: null }), 'failed', 0],
    ['has nothing to say', async () => null, 'failed', 0],
  ])('probe: the other side %s', async (_, probe, kind, calls) => {
    const outside = new Outside();
    const outcome = await runAs(await doubted(), charging(outside, { ...(probe === undefined ? {} : { probe }) }));
    expect(outcome).toMatchObject(
      kind === 'succeeded' ? { kind, output: `{"receipt":${calls === 0 ? 99 : 1}}` } : { kind, error: { code: 'IN_DOUBT' } },
    );
    expect(outside.calls).toHaveLength(calls);
  });

  test('what the task says comes before what the handler says', async () => {
    const outside = new Outside();
    const held = await doubted();
    const outcome = await runAs(held, charging(outside, { onInDoubt: 'retry' }), undefined, 'fail');
    expect(outcome).toMatchObject({ error: { code: 'IN_DOUBT', details: { onInDoubt: 'fail' } } });
    expect(outside.calls).toEqual([]);
  });
});
