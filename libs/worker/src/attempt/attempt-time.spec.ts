import { describe, expect, jest, test } from '@jest/globals';
import type { Outcome } from '@reprise/core';
import { attemptAt, failureOf, type Given, run, type Work } from '../../test/run-attempts.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('time', () => {
  const inTime = async (work: () => Promise<void>): Promise<void> => {
    jest.useFakeTimers();
    try {
      await work();
    } finally {
      jest.useRealTimers();
    }
  };

  test.each<[string, Given, number, string]>([
    ['attempt, by the document', { ticket: { timeoutMs: 500 }, handler: { timeout: '10s' } }, 500, 'attempt'],
    ['attempt, by the handler', { handler: { timeout: '10s' } }, 10_000, 'attempt'],
    ['attempt, by the engine', {}, 300_000, 'attempt'],
    ['attempt, of more than a timer can wait', { ticket: { timeoutMs: 2_592_000_000 } }, 2_592_000_000, 'attempt'],
    [
      'total, when less is left of it',
      { ticket: { timeoutMs: 500 }, claimed: { startedAt: 1_000, totalUntil: 1_200 } },
      200,
      'total',
    ],
    ['heartbeat', { ticket: { timeoutMs: 500, heartbeatMs: 100 } }, 100, 'heartbeat'],
  ])('is limited: %s', (_, given, ms, kind) =>
    inTime(async () => {
      let signal: AbortSignal | undefined;
      const attempt = attemptAt((_input, { signal: given }) => {
        signal = given;
        return never();
      }, given);
      let outcome: Outcome | null | undefined;
      void attempt.run().then((ended) => {
        outcome = ended;
      });
      await jest.advanceTimersByTimeAsync(ms - 1);
      expect(outcome).toBeUndefined();
      await jest.advanceTimersByTimeAsync(1);
      expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'TIMEOUT', details: { kind } }, retryable: null });
      expect(signal?.aborted).toBe(true);
    }),
  );

  test('of silence begins anew with every heartbeat', () =>
    inTime(async () => {
      const work: Work = async (_input, attempt) => {
        for (let beat = 0; beat < 10; beat += 1) {
          attempt.heartbeat();
          await new Promise((resolve) => setTimeout(resolve, 90));
        }
        return 'alive';
      };
      const running = run(work, { ticket: { heartbeatMs: 100 } });
      await jest.advanceTimersByTimeAsync(1_000);
      expect(await running).toEqual({ kind: 'succeeded', output: '"alive"' });
    }));

  test('over: the outcome is known, but the handler has settled only when it lets go', () =>
    inTime(async () => {
      let letGo: () => void = () => undefined;
      const attempt = attemptAt(
        () =>
          new Promise<void>((resolve) => {
            letGo = resolve;
          }),
        { ticket: { timeoutMs: 10 } },
      );
      const running = attempt.run();
      await jest.advanceTimersByTimeAsync(10);
      expect(await running).toMatchObject({ error: { code: 'TIMEOUT' } });
      let settled = false;
      void attempt.whenSettled().then(() => {
        settled = true;
      });
      await jest.advanceTimersByTimeAsync(1_000);
      expect(settled).toBe(false);
      letGo();
      await jest.advanceTimersByTimeAsync(0);
      expect(settled).toBe(true);
    }));

  test('no timer is left behind by an attempt that is over', () =>
    inTime(async () => {
      await run(() => 1, { ticket: { timeoutMs: 100, heartbeatMs: 50 } });
      await failureOf(
        () => {
          throw new Error('x');
        },
        { ticket: { timeoutMs: 100, heartbeatMs: 50 } },
      );
      expect(jest.getTimerCount()).toBe(0);
    }));
});

describe('an attempt that is stopped', () => {
  const untilStopped: Work = (_input, { signal }) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

  test.each(['cancelled', 'drain'] as const)('for %s ends as cancelled', async (reason) => {
    const attempt = attemptAt(untilStopped);
    const running = attempt.run();
    attempt.stop(reason);
    expect(await running).toEqual({ kind: 'cancelled' });
  });

  test('because its lease is over reports no failure: lost has a budget of its own', async () => {
    const attempt = attemptAt(untilStopped);
    const running = attempt.run();
    attempt.stop('lost');
    expect(await running).toBeNull();
  });

  test('and succeeds all the same has succeeded', async () => {
    const attempt = attemptAt(async (_input, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return 'done';
    });
    const running = attempt.run();
    attempt.stop('cancelled');
    expect(await running).toEqual({ kind: 'succeeded', output: '"done"' });
  });
});
