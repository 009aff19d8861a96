import { describe, expect, test } from '@jest/globals';
import { UserSqlError } from '@reprise/ledger';
import { failureOf, type Given, run, type Work } from '../../test/run-attempts.js';
import { TaskError } from '../handlers/task-error.js';
import type { Transactions } from './run-attempt.js';

const forbidden = { code: 'INVALID_INPUT' };

describe('a transaction', () => {
  const transaction = { query: async () => ({ rows: [], rowCount: 0 }) };
  const committing: Transactions = {
    run: async (_address, _fence, _claim, work, outcomeOf) => {
      const result = await work(transaction);
      committed.push(outcomeOf(result));
      return result;
    },
  };
  const committed: string[] = [];
  const failing = (error: unknown): Transactions => ({
    run: async (_address, _fence, _claim, work) => {
      await work(transaction);
      throw error;
    },
  });
  const within = (transactions: Transactions | null, rest: Given = {}): Given => ({
    ...rest,
    options: { ...rest.options, transactions },
  });

  test('commits its result as the outcome, whatever the handler returns or throws afterwards', async () => {
    const work =
      (after: () => unknown): Work =>
      async (_input, attempt) => {
        await attempt.transaction(async () => ({ charged: 1 }));
        return after();
      };
    const expected = { kind: 'succeeded', output: '{"charged":1}' };
    expect(
      await run(
        work(() => 'other'),
        within(committing),
      ),
    ).toEqual(expected);
    expect(
      await run(
        work(() => {
          throw new Error('too late');
        }),
        within(committing),
      ),
    ).toEqual(expected);
    expect(committed.map((text) => JSON.parse(text))).toEqual([expected, expected]);
  });

  test('commits with it how its handler is retried, should the document refuse the result', async () => {
    const given = { handler: { retry: { maximumAttempts: 2 } }, ticket: { judged: true } } as const;
    const outcome = await run((_input, attempt) => attempt.transaction(async () => 1), within(committing, given));
    expect(outcome).toEqual({ kind: 'succeeded', output: '1', handlerRetry: { maximumAttempts: 2 } });
    expect(JSON.parse(committed.at(-1) ?? '')).toEqual(outcome);
  });

  test('is one an attempt, one after the other and at the same time', async () => {
    const twice: Work = async (_input, attempt) => {
      await attempt.transaction(async () => 1);
      await expect(attempt.transaction(async () => 2)).rejects.toMatchObject(forbidden);
    };
    expect(await run(twice, within(committing))).toEqual({ kind: 'succeeded', output: '1' });
    const atOnce: Work = async (_input, attempt) => {
      const second = attempt.transaction(async () => 1).then(() => undefined);
      await expect(attempt.transaction(async () => 2)).rejects.toMatchObject(forbidden);
      await second;
    };
    expect(await run(atOnce, within(committing))).toEqual({ kind: 'succeeded', output: '1' });
  });

  test.each(['AMBIGUOUS', 'STALE'] as const)(
    'that ends %s leaves the word to the ledger, even if the handler makes light of it',
    async (code) => {
      const transactions = failing(new UserSqlError(code, 'who knows'));
      const passing: Work = (_input, attempt) => attempt.transaction(async () => 1);
      const swallowing: Work = (_input, attempt) => attempt.transaction(async () => 1).catch(() => 'fine');
      const renaming: Work = (_input, attempt) =>
        attempt
          .transaction(async () => 1)
          .catch(() => {
            throw new TaskError('OTHER', 'x');
          });
      for (const work of [passing, swallowing, renaming]) expect(await run(work, within(transactions))).toBeNull();
    },
  );

  test('a newer attempt has overtaken throws LOST and stops the handler', async () => {
    let aborted = false;
    const work: Work = async (_input, attempt) => {
      await expect(attempt.transaction(async () => 1)).rejects.toMatchObject({ code: 'LOST' });
      aborted = attempt.signal.aborted;
    };
    await run(work, within(failing(new UserSqlError('STALE', 'overtaken'))));
    expect(aborted).toBe(true);
  });

  test('that fails otherwise is a failure like any; a handler may throw such codes of its own', async () => {
    const other = failing(Object.assign(new Error('duplicate key'), { code: '23505' }));
    expect(await failureOf((_input, attempt) => attempt.transaction(async () => 1), within(other))).toMatchObject({
      error: { code: '23505' },
    });
    expect(
      await failureOf(() => {
        throw new TaskError('STALE', 'my cache');
      }),
    ).toMatchObject({ error: { code: 'STALE' } });
  });

  test('whose result is too large or no JSON does not commit', async () => {
    const before = committed.length;
    expect(
      await failureOf((_input, attempt) => attempt.transaction(async () => 'x'.repeat(2_000)), within(committing)),
    ).toMatchObject({
      error: { code: 'OUTPUT_TOO_LARGE' },
    });
    expect(await failureOf((_input, attempt) => attempt.transaction(async () => 1n), within(committing))).toMatchObject({
      error: { code: 'NOT_SERIALIZABLE' },
    });
    expect(committed.length).toBe(before);
  });

  test('needs a login, and says so', async () => {
    expect(await failureOf((_input, attempt) => attempt.transaction(async () => 1))).toMatchObject({
      error: { code: 'INVALID_INPUT', message: expect.stringContaining('REPRISE_SQL_URL') },
      retryable: false,
    });
  });
});
