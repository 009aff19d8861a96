import { describe, expect, test } from '@jest/globals';
import { toJsonText } from '@reprise/core';
import fc from 'fast-check';
import { newTicket } from '../../test/attempts.js';
import { failureOf, run, type Work } from '../../test/run-attempts.js';
import type { Attempt } from '../handlers/attempt.js';
import type { HandlerOptions } from '../handlers/handler.js';
import { TaskError } from '../handlers/task-error.js';

describe('what a handler returns', () => {
  test('is the output; nothing is null', async () => {
    expect(await run((input) => ({ got: input }), { input: { page: 1 } })).toEqual({
      kind: 'succeeded',
      output: '{"got":{"page":1}}',
    });
    expect(await run(() => undefined)).toEqual({ kind: 'succeeded', output: 'null' });
  });

  test('is cleaned of what Postgres does not take', async () => {
    expect(await run(() => ({ 'a\u0000': '\ud800x' }))).toEqual({ kind: 'succeeded', output: '{"a\ufffd":"\ufffdx"}' });
  });

  test.each([
    ['a BigInt', () => 1n],
    [
      'a cycle',
      () => {
        const loop: unknown[] = [];
        loop.push(loop);
        return loop;
      },
    ],
    [
      'a toJSON that throws',
      () => ({
        toJSON: () => {
          throw new Error('no');
        },
      }),
    ],
  ])('fails without a retry when it cannot be JSON: %s', async (_, work) => {
    expect(await failureOf(work)).toMatchObject({ error: { code: 'NOT_SERIALIZABLE' }, retryable: false });
  });

  test('fails without a retry when it has more bytes than allowed, counted in UTF-8', async () => {
    expect(await run(() => 'x'.repeat(998))).toMatchObject({ kind: 'succeeded' });
    expect(await failureOf(() => 'x'.repeat(999))).toMatchObject({ error: { code: 'OUTPUT_TOO_LARGE' }, retryable: false });
    expect((await failureOf(() => '€'.repeat(400))).error.message).toContain('1202 bytes');
  });
});

describe('what a handler throws', () => {
  const unreadable = Object.defineProperty(new Error('x'), 'message', {
    get: () => {
      throw new Error('getter');
    },
  });
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
      getPrototypeOf: () => {
        throw new Error('trap');
      },
    },
  );

  test.each<[string, unknown, string, string]>([
    ['nothing', undefined, 'INTERNAL', 'the handler threw nothing'],
    ['null', null, 'INTERNAL', 'the handler threw null'],
    ['text', 'broken', 'INTERNAL', 'the handler threw broken'],
    ['a symbol', Symbol('x'), 'INTERNAL', 'the handler threw Symbol(x)'],
    ['an error', new TypeError('x is not a function'), 'INTERNAL', 'x is not a function'],
    ['an error with a code', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED', 'refused'],
    ['an error with a code that is no text', Object.assign(new Error('odd'), { code: 42 }), 'INTERNAL', 'odd'],
    ['a frozen object', Object.freeze({ message: 'frozen' }), 'INTERNAL', 'frozen'],
    ['an object without a prototype', Object.create(null), 'INTERNAL', 'the handler threw something that cannot be shown'],
    ['an error whose getter throws', unreadable, 'INTERNAL', 'the handler threw something that cannot be shown'],
    ['a proxy that throws at everything', hostile, 'INTERNAL', 'the handler threw something that cannot be shown'],
    ['NUL and lone surrogates', new TaskError('A\u0000', 'b\ud800c\u0000'), 'A\ufffd', 'b\ufffdc\ufffd'],
    ['a TaskError whose code is a number', new TaskError(503 as unknown as string, 'away'), 'INTERNAL', 'away'],
  ])('is a failure that says so: %s', async (_, thrown, code, message) => {
    const { error, retryable, retryAfterMs } = await failureOf(() => {
      throw thrown;
    });
    expect(error.code).toBe(code);
    expect(error.message.startsWith(message) || error.message === message).toBe(true);
    expect([retryable, retryAfterMs]).toEqual([null, null]);
  });

  test('speaks through a TaskError: code, details, whether and when to retry', async () => {
    const error = new TaskError('CARD_DECLINED', 'no', { retryable: false, retryAfterMs: 5, details: { bank: 'x\u0000' } });
    expect(
      await failureOf(() => {
        throw error;
      }),
    ).toEqual({
      kind: 'failed',
      error: { code: 'CARD_DECLINED', message: 'no', details: { bank: 'x\ufffd' } },
      retryable: false,
      retryAfterMs: 5,
    });
  });

  test.each([
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [-5, 0],
  ])('may ask for a wait of %p: it is %p', async (asked, heard) => {
    expect(
      (
        await failureOf(() => {
          throw new TaskError('X', 'x', { retryAfterMs: asked });
        })
      ).retryAfterMs,
    ).toBe(heard);
  });

  test('keeps neither endless messages nor details that are no JSON or huge', async () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    const failed = await failureOf(() => {
      throw new TaskError('X', 'm'.repeat(100_000), { details: loop as never });
    });
    expect(failed.error.message.length).toBe(8_192);
    expect(failed.error.details).toBeNull();
    const huge = await failureOf(() => {
      throw new TaskError('X', 'x', { details: 'd'.repeat(100_000) });
    });
    expect(JSON.stringify(huge.error.details).length).toBeLessThan(200);
  });

  test('whatever it is, becomes an outcome that the ledger can keep', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true, withSparseArray: true, withBigInt: true }), async (thrown) => {
        const text = JSON.stringify(
          await failureOf(() => {
            throw thrown;
          }),
        );
        expect(text.includes('\\u0000') || /\\ud[89a-f]/.test(text)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('bears the retry policy of the handler', async () => {
    const handler: HandlerOptions = { retry: { maximumAttempts: 8, initialInterval: '2s' } };
    expect(
      (
        await failureOf(
          () => {
            throw new Error('x');
          },
          { handler },
        )
      ).handlerRetry,
    ).toEqual({ maximumAttempts: 8, initialIntervalMs: 2_000 });
  });

  test('that may be found in a success bears it too, where the document looks at results', async () => {
    const handler: HandlerOptions = { retry: { maximumAttempts: 8 } };
    const success = { kind: 'succeeded', output: '1' };
    expect(await run(() => 1, { handler })).toEqual(success);
    expect(await run(() => 1, { ticket: { judged: true } })).toEqual(success);
    const judged = { ...success, handlerRetry: { maximumAttempts: 8 } };
    expect(await run(() => 1, { handler, ticket: { judged: true } })).toEqual(judged);
  });

  test('before it returns a promise counts as well', async () => {
    const outcome = await failureOf((() => {
      throw new TaskError('SYNC', 'at once');
    }) as Work);
    expect(outcome.error.code).toBe('SYNC');
  });
});

test('an attempt tells what it is', async () => {
  const ticket = newTicket({ attempt: 3, path: 'page[3].charge', at: '3' });
  let seen: Attempt | null = null;
  await run(
    (_input, attempt) => {
      seen = attempt;
    },
    { ticket: { ...ticket, timeoutMs: 5_000 } },
  );
  expect(seen).toMatchObject({
    run: ticket.run,
    workflow: 'pages',
    task: 'page[3].charge',
    call: 'pages.fetch',
    number: 3,
    key: `${ticket.run}/page[3].charge`,
    fence: 2,
    deadline: 1_005_000,
  });
});

describe('what must be done once', () => {
  test('has not happened while its handler has not been called', async () => {
    const uses = toJsonText([{ path: ['token'], parts: [{ secret: 'NOT_HERE' }] }]);
    const failed = await failureOf(() => 1, { input: { token: null }, claimed: { secrets: uses } });
    expect(failed).toMatchObject({ happened: false, error: { code: 'INVALID_INPUT' } });
    expect(await failureOf(() => Promise.reject(new TaskError('X', 'x')))).not.toHaveProperty('happened');
  });

  test('and commits with its outcome only when it says so: a task that is told it does is not believed otherwise', async () => {
    const failed = await failureOf(() => 1, { ticket: { effect: 'transactional' } });
    expect(failed).toMatchObject({ retryable: false, error: { code: 'NOT_TRANSACTIONAL' } });
  });
});
