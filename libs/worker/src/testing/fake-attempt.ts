import type { Json } from '@reprise/core';
import type { Attempt } from '../attempt.js';
import { TaskError } from '../task-error.js';
import { FakeLog } from './fake-log.js';
import { type FakeQuery, FakeTransactions } from './fake-transaction.js';

/** What a test says of an attempt; the rest is made up. */
export type FakeAttemptFields = Partial<
  Pick<Attempt, 'run' | 'workflow' | 'task' | 'call' | 'number' | 'key' | 'fence' | 'deadline'>
> & { readonly query?: FakeQuery };

/** An attempt without a run, to call a handler with. */
export interface FakeAttempt extends Attempt {
  /** What the handler has said with `heartbeat`, one for each. */
  readonly beats: readonly (Json | null)[];
  readonly log: FakeLog;
  /** What its transaction has committed, which is what counts as its output; null: nothing. */
  readonly committed: { readonly result: unknown } | null;
  /** As when the run is cancelled, the time is up, or another attempt has taken over. */
  abort(reason?: 'cancelled' | 'timeout' | 'lost'): void;
}

const FIVE_MINUTES_MS = 300_000;

/** For tests of one handler: `await payments.charge(input, fakeAttempt({ number: 2 }))`. Time in it is real. */
export function fakeAttempt(fields: FakeAttemptFields = {}): FakeAttempt {
  const { query, run = '01890000-0000-7000-8000-000000000001', task = 'task', ...said } = fields;
  const controller = new AbortController();
  const transactions = new FakeTransactions(query ?? null, controller.signal, () => undefined);
  const beats: (Json | null)[] = [];
  return {
    run,
    workflow: 'workflow',
    task,
    call: 'call',
    number: 1,
    key: `${run}/${task}`,
    fence: 1,
    deadline: Date.now() + FIVE_MINUTES_MS,
    ...said,
    signal: controller.signal,
    log: new FakeLog(),
    heartbeat: (progress) => void beats.push(progress ?? null),
    transaction: (work) => transactions.run(work),
    effect: refuseEffect,
    beats,
    get committed() {
      return transactions.committed;
    },
    abort: (reason = 'cancelled') => controller.abort(stopError(reason)),
  };
}

/** What the signal of an attempt is aborted with. */
export const stopError = (reason: 'cancelled' | 'timeout' | 'lost'): TaskError =>
  new TaskError(reason === 'lost' ? 'LOST' : 'CANCELLED', `the attempt was asked to stop: ${reason}`);

export const refuseEffect = (): Promise<never> =>
  Promise.reject(new TaskError('NOT_SUPPORTED', 'attempt.effect is not supported yet', { retryable: false }));
