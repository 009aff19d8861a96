import { describe, expect, test } from '@jest/globals';
import { toJsonText } from '@reprise/core';
import { attemptAt, failureOf, run } from '../../test/run-attempts.js';
import type { Transactions } from '../attempt/run-attempt.js';
import type { StandardIssue, StandardSchemaV1 } from './standard-schema.js';
import { TaskError } from './task-error.js';

type Check = (value: never) => { readonly value: unknown } | { readonly issues: readonly StandardIssue[] };

const schema = (check: Check): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'by-hand', validate: check as StandardSchemaV1['~standard']['validate'] },
});
const refuses = (...issues: readonly StandardIssue[]): StandardSchemaV1 => schema(() => ({ issues }));
const ORDER = schema((value: { amount: unknown }) =>
  typeof value.amount === 'number'
    ? { value: { amount: value.amount, currency: 'EUR' } }
    : { issues: [{ message: 'expected a number', path: ['amount'] }] },
);

describe('input', () => {
  test('reaches the handler as its schema makes it', async () => {
    expect(await run((input) => input, { input: { amount: 3, junk: 1 }, handler: { input: ORDER } })).toEqual({
      kind: 'succeeded',
      output: '{"amount":3,"currency":"EUR"}',
    });
  });

  test('that does not fit is not tried again, has done nothing, and says where', async () => {
    let called = false;
    const work = (): void => {
      called = true;
    };
    const failed = await failureOf(work, { input: { amount: 'much' }, handler: { input: ORDER, effect: 'once' } });
    expect(failed).toMatchObject({
      error: {
        code: 'INVALID_INPUT',
        message: 'the input does not fit: amount: expected a number',
        details: { issues: [{ path: 'amount', message: 'expected a number' }] },
      },
      retryable: false,
      happened: false,
    });
    expect(called).toBe(false);
  });

  test('of a schema that takes its time is waited for', async () => {
    const slow = schema((async (value: unknown) => ({ value: [value] })) as never);
    expect(await run((input) => input, { input: 1, handler: { input: slow } })).toMatchObject({ output: '[1]' });
  });

  test('whose schema throws has done nothing either; the policy decides', async () => {
    const broken = schema(() => {
      throw new Error('no connection');
    });
    const failed = await failureOf(() => 1, { handler: { input: broken } });
    expect(failed).toMatchObject({ error: { code: 'INTERNAL' }, retryable: null, happened: false });
    expect(failed.error.message).toContain('no connection');
  });

  test('says paths as people write them, and not more issues than they read', async () => {
    const issue = { message: 'x'.repeat(1_000), path: ['items', 3, { key: 'price' }, Symbol('s')] };
    const { error } = await failureOf(() => 1, { handler: { input: refuses(...Array.from({ length: 50 }, () => issue)) } });
    const details = error.details as { issues: readonly { path: string; message: string }[]; more: number };
    expect(details.issues).toHaveLength(20);
    expect(details.issues[0]).toEqual({ path: 'items[3].price.Symbol(s)', message: 'x'.repeat(500) });
    expect(details.more).toBe(30);
    expect(error.message).toMatch(/ \(and 49 more\)$/);
    expect((await failureOf(() => 1, { handler: { input: refuses() } })).error.message).toMatch(/does not say why/);
  });

  test('leaves no secret in what the schema says of it', async () => {
    const secrets = toJsonText([{ path: ['token'], parts: [{ secret: 'BANK' }] }]);
    const telling = schema((value: { token: string }) => ({ issues: [{ message: `bad token ${value.token}` }] }));
    const options = { readSecret: () => 'very-secret' };
    const failed = await failureOf(() => 1, {
      input: { token: null },
      claimed: { secrets },
      handler: { input: telling },
      options,
    });
    expect(JSON.stringify(failed)).not.toContain('very-secret');
    expect(failed.error.message).toBe('the input does not fit: bad token ***');
  });
});

describe('output', () => {
  test('is what its schema makes of the result', async () => {
    expect(await run(() => ({ amount: 5, junk: 1 }), { handler: { output: ORDER } })).toMatchObject({
      output: '{"amount":5,"currency":"EUR"}',
    });
  });

  test('that does not fit is an error of its own; what was done may have been done', async () => {
    const failed = await failureOf(() => ({ amount: '5' }), { handler: { output: ORDER } });
    expect(failed).toMatchObject({
      error: { code: 'INVALID_OUTPUT', details: { issues: [{ path: 'amount' }] } },
      retryable: false,
    });
    expect(failed).not.toHaveProperty('happened');
  });

  test('of a transaction is looked at before it commits', async () => {
    const committed: unknown[] = [];
    const transactions: Transactions = {
      run: async (_address, _fence, _claim, work, outcomeOf) => {
        const result = await work({ query: async () => ({ rows: [], rowCount: 0 }) });
        committed.push(JSON.parse(outcomeOf(result)));
        return result;
      },
    };
    const given = { handler: { output: ORDER }, options: { transactions } };
    const bad = await failureOf((_input, attempt) => attempt.transaction(async () => ({ amount: '5' })), given);
    expect(bad.error.code).toBe('INVALID_OUTPUT');
    expect(committed).toEqual([]);
    const good = await run(async (_input, attempt) => {
      await attempt.transaction(async () => ({ amount: 5 }));
      return 'nobody looks at this';
    }, given);
    expect(good).toEqual({ kind: 'succeeded', output: '{"amount":5,"currency":"EUR"}' });
    expect(committed).toHaveLength(1);
  });

  test('is not looked at when the handler throws, and the attempt is the same otherwise', async () => {
    const failed = await failureOf(
      (_input, attempt) => {
        attempt.log.info('here');
        attempt.heartbeat();
        throw new TaskError('X', `${attempt.call} ${attempt.number} ${attempt.signal.aborted}`);
      },
      { handler: { output: ORDER } },
    );
    expect(failed.error).toMatchObject({ code: 'X', message: 'pages.fetch 1 false' });
  });
});

test('what is no Standard Schema is refused at boot', () => {
  const notOne = [
    {},
    null,
    'schema',
    { '~standard': { version: 2, validate: () => ({ value: 1 }) } },
    { '~standard': { version: 1 } },
  ];
  for (const input of notOne)
    expect(() => attemptAt(() => 1, { handler: { input: input as never } })).toThrow(
      /"pages\.fetch": input is no Standard Schema/,
    );
  const callable = Object.assign(
    () => 1,
    schema((value) => ({ value })),
  );
  expect(() => attemptAt(() => 1, { handler: { output: callable } })).not.toThrow();
});
