import type { Json } from '@reprise/core';
import type { Attempt } from '../handlers/attempt.js';
import { TaskError, type TaskErrorOptions } from '../handlers/task-error.js';
import { durationMs } from './virtual-time.js';

/** Whatever the document gives: of which shape it is, the author of the test says. */
type Given = ReturnType<JSON['parse']>;

/** What a mock may do besides what every handler may. */
export interface MockAttempt extends Attempt {
  /** The task's own failures so far; attempts that were lost are not among them. */
  readonly failures: number;
  /** Waits in virtual time; rejects when the attempt is stopped. */
  sleep(duration: string): Promise<void>;
  /** The answer comes so long after the attempt began, at the earliest. `ignoresCancel`: it comes although the attempt was asked to stop. */
  takes(duration: string, options?: { readonly ignoresCancel?: boolean }): void;
  /** The executor dies now: the attempt is lost. */
  dies(): void;
  /** The executor is frozen past the end of its lease: another attempt takes over, and what this one still does is not heard. */
  freezes(): void;
}

/** Plays a handler: gives the output, or throws. May be asynchronous. */
export type MockHandler = (input: Given, attempt: MockAttempt) => unknown;

/** A mock handler, or what it always gives. */
export type Mock = MockHandler | Json;

/** What `mock` makes of the attempt. */
export const play = (mock: Mock, input: Json, attempt: MockAttempt): unknown =>
  typeof mock === 'function' ? mock(input, attempt) : mock;

export interface Failure extends Omit<TaskErrorOptions, 'retryAfterMs'> {
  readonly message?: string;
  /** The wait the handler asks for: `2s`; `0s`: none. */
  readonly retryAfter?: string;
}

/** Always fails with this code. */
export const fails = (code: string, { message = `${code} happened`, retryAfter, ...options }: Failure = {}): MockHandler => {
  const retryAfterMs = retryAfter === undefined ? {} : { retryAfterMs: durationMs(retryAfter) };
  return () => {
    throw new TaskError(code, message, { ...options, ...retryAfterMs });
  };
};

/** Fails so many times (a code, or `fails(…)`), then does what `then` says; `{}` if it says nothing. */
export const failTimes = (times: number, failure: string | MockHandler, then: Mock = {}): MockHandler => {
  const fail = typeof failure === 'string' ? fails(failure) : failure;
  return (input, attempt) => play(attempt.failures < times ? fail : then, input, attempt);
};

/** The first attempt does what the first one says, and so on; those after the last do what the last one says. */
export const inTurn =
  (first: Mock, ...others: readonly Mock[]): MockHandler =>
  (input, attempt) => {
    const turns = [first, ...others];
    return play(turns[Math.min(attempt.number, turns.length) - 1] ?? first, input, attempt);
  };

/** Answers so long after it began, in virtual time. */
export const takes =
  (duration: string, then: Mock, options: { readonly ignoresCancel?: boolean } = {}): MockHandler =>
  (input, attempt) => {
    attempt.takes(duration, options);
    return play(then, input, attempt);
  };

/** Never answers: the attempt ends with its timeout, or when it is cancelled. */
export const hangs = (): MockHandler => (_input, attempt) => attempt.sleep('366d');

/** The executor dies during the first so many attempts; then as `then` says. */
export const loseTimes =
  (times: number, then: Mock = {}): MockHandler =>
  (input, attempt) => {
    if (attempt.number > times) return play(then, input, attempt);
    attempt.dies();
    return null;
  };
