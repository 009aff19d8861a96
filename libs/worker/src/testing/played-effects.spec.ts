import { describe, expect, test } from '@jest/globals';
import { defineHandler } from '../handlers/define-handler.js';
import type { HandlerOptions } from '../handlers/handler.js';
import { TaskError } from '../handlers/task-error.js';
import { fakeAttempt, MemoryEffects, type MockAttempt, type MockHandler, testWorkflow } from './index.js';

const PAY = 'workflow: w\ntasks: { pay: { call: bank.pay, retry: { initialInterval: 1s, jitter: none } } }';

/** A bank that writes down what reached it. */
class Bank {
  readonly paid: string[] = [];
  async pay(key: string): Promise<{ readonly id: number }> {
    this.paid.push(key);
    return { id: this.paid.length };
  }
}

type Asked = Parameters<MockAttempt['effect']>[2];

/** The first attempt dies in the middle of the effect, before or after it has happened. */
const dying =
  (bank: Bank, happens: boolean, options?: Asked): MockHandler =>
  (_input, attempt) =>
    attempt.effect(
      'pay',
      async ({ key }) => {
        if (attempt.number > 1) return bank.pay(key);
        if (happens) await bank.pay(key);
        attempt.dies();
        return null;
      },
      options,
    );

const played = (mock: MockHandler, options: HandlerOptions = {}) => {
  const real = defineHandler('bank.pay', options, () => null);
  return testWorkflow(PAY, { handlers: [real, { 'bank.pay': mock }] }).run();
};

describe('an effect of an attempt that dies in the middle of it', () => {
  test('is for a person to say, who says that it happened', async () => {
    const bank = new Bank();
    const run = await played(dying(bank, true));
    expect([run.task('pay').status, run.task('pay').error?.code]).toEqual(['parked', 'IN_DOUBT']);
    expect(run.task('pay').effects).toMatchObject([{ name: 'pay', key: `${run.id}/pay/pay`, state: 'intended', attempt: 1 }]);
    await run.resolve('pay', { outcome: 'retry', effects: [{ name: 'pay', happened: true, result: { id: 7 } }] });
    expect([run.task('pay').output, bank.paid.length]).toEqual([{ id: 7 }, 1]);
  });

  test('may be tried again once a person names no effect that happened', async () => {
    const bank = new Bank();
    const run = await played(dying(bank, false));
    await expect(
      (async () => run.resolve('pay', { outcome: 'retry', effects: [{ name: 'pya', happened: true }] }))(),
    ).rejects.toMatchObject({ code: 'UNKNOWN_NAME', message: '"pay" has no effect "pya"; it has pay' });
    await run.resolve('pay', { outcome: 'retry' });
    expect([run.task('pay').status, bank.paid.length]).toEqual(['succeeded', 1]);
  });

  test.each([true, false])('is asked about by its key: happened %s', async (happens) => {
    const bank = new Bank();
    const probe: Exclude<Asked, undefined>['probe'] = async ({ key }) =>
      bank.paid.includes(key) ? { happened: true, result: { id: 'probed' } } : { happened: false };
    const run = await played(dying(bank, happens, { probe }));
    expect([run.task('pay').output, bank.paid]).toEqual([happens ? { id: 'probed' } : { id: 1 }, [`${run.id}/pay/pay`]]);
    expect(run.task('pay').attempts.map(({ status }) => status)).toEqual(['lost', 'succeeded']);
  });

  test('is repeated under its key, or fails, as is said', async () => {
    const bank = new Bank();
    const repeated = await played(dying(bank, true, { onInDoubt: 'retry' }));
    expect([repeated.status, new Set(bank.paid).size, bank.paid.length]).toEqual(['succeeded', 1, 2]);
    const failed = await played(dying(bank, true), { onInDoubt: 'fail' });
    expect([failed.status, failed.error?.code]).toEqual(['failed', 'IN_DOUBT']);
  });
});

describe('effects of played attempts', () => {
  test('are answered from what an attempt before has recorded, without secrets', async () => {
    const bank = new Bank();
    const run = await testWorkflow(
      'workflow: w\ntasks: { pay: { call: bank.pay, with: "${{ secrets.PIN }}", retry: { jitter: none } } }',
      {
        secrets: { PIN: 'pin-4711' },
        handlers: {
          'bank.pay': async (pin: string, attempt: MockAttempt) => {
            const { id } = await attempt.effect('pay', async ({ key }) => ({ ...(await bank.pay(key)), pin }));
            if (attempt.number === 1) throw new TaskError('BUSY', 'later');
            return id;
          },
        },
      },
    ).run();
    expect([run.task('pay').output, bank.paid.length]).toEqual([1, 1]);
    expect(JSON.stringify(run.task('pay').effects)).not.toContain('pin-4711');
  });

  test('of a frozen executor are refused when it wakes', async () => {
    const bank = new Bank();
    let wake = (): void => undefined;
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let heard: unknown = null;
    const zombie = async (attempt: MockAttempt): Promise<void> => {
      attempt.freezes();
      await asleep;
      await attempt
        .effect('pay', ({ key }) => bank.pay(key))
        .catch((error: unknown) => {
          heard = [(error as TaskError).code, attempt.signal.aborted];
        });
    };
    let over: Promise<void> = Promise.resolve();
    const run = await played(async (_input, attempt) => {
      if (attempt.number === 1) {
        over = zombie(attempt);
        return over;
      }
      return attempt.effect('pay', ({ key }) => bank.pay(key));
    });
    wake();
    await over;
    expect([run.status, bank.paid.length, heard]).toEqual(['succeeded', 1, ['LOST', true]]);
  });

  test('a handler that says once is not repeated blindly, whoever plays it', async () => {
    const dies: MockHandler = (_input, attempt) => attempt.dies();
    const parked = await played(dies, { effect: 'once' });
    expect(parked.task('pay')).toMatchObject({ status: 'parked', error: { code: 'IN_DOUBT' } });
    expect((await played(dies, { effect: 'once', onInDoubt: 'fail' })).error?.code).toBe('IN_DOUBT');
    const again: MockHandler = (_input, attempt) => (attempt.number === 1 ? attempt.dies() : 'done');
    expect((await played(again, { effect: 'once', onInDoubt: 'retry' })).status).toBe('succeeded');
    expect((await played(again)).status).toBe('succeeded');
  });

  test('what a transaction has committed is its outcome, whenever its executor dies', async () => {
    let commits = 0;
    const mock: MockHandler = async (_input, attempt) => {
      const done = await attempt.transaction(async ({ query }) => (await query('insert')).rowCount);
      commits += 1;
      attempt.dies();
      return done;
    };
    const run = await testWorkflow(PAY, { query: () => ({ rows: [], rowCount: 3 }), handlers: { 'bank.pay': mock } }).run();
    expect([run.status, run.task('pay').output, commits]).toEqual(['succeeded', 3, 1]);
  });
});

describe('effects of fake attempts', () => {
  test('are shared by attempts that follow one another', async () => {
    const effects = new MemoryEffects();
    const bank = new Bank();
    const pay = (attempt: MockAttempt | ReturnType<typeof fakeAttempt>) => attempt.effect('pay', ({ key }) => bank.pay(key));
    const first = fakeAttempt({ effects });
    expect(await pay(first)).toEqual({ id: 1 });
    const second = fakeAttempt({ effects, number: 2 });
    expect([await pay(second), bank.paid, second.fence]).toEqual([{ id: 1 }, [`${first.key}/pay`], 2]);
    expect(effects.recorded(first.key)).toEqual([
      { name: 'pay', key: `${first.key}/pay`, state: 'committed', attempt: 1, result: { id: 1 }, error: null },
    ]);
    await expect(first.effect('other', async () => 1)).rejects.toMatchObject({ code: 'LOST' });
    expect(first.signal.aborted).toBe(true);
    await expect(fakeAttempt({ effects, task: 'another' }).effect('pay', async () => 'own')).resolves.toBe('own');
  });

  test('are in doubt when the work broke, until somebody says what has become of them', async () => {
    const effects = new MemoryEffects();
    const broken = fakeAttempt({ effects });
    await expect(broken.effect('pay', () => Promise.reject(new Error('reset')))).rejects.toThrow('reset');
    expect(effects.guardOf(broken.key)).toBe('open-park');
    const second = fakeAttempt({ effects, number: 2 });
    await expect(second.effect('pay', async () => 1)).rejects.toMatchObject({ code: 'IN_DOUBT' });
    expect(await fakeAttempt({ effects, onInDoubt: 'retry' }).effect('pay', async () => 1)).toBe(1);
  });

  test('of an attempt with an old fence are refused from the start, and its transaction too', async () => {
    const effects = new MemoryEffects();
    fakeAttempt({ effects, fence: 5 });
    const old = fakeAttempt({ effects, fence: 4, query: () => [] });
    await expect(old.effect('pay', async () => 1)).rejects.toMatchObject({ code: 'LOST' });
    const unheard = fakeAttempt({ effects, fence: 4, query: () => [] });
    await expect(unheard.transaction(async () => 1)).rejects.toMatchObject({ code: 'LOST' });
    expect(unheard.committed).toBeNull();
  });
});
