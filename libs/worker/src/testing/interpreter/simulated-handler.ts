import { type Address, type Fence, type Guard, type Json, type Outcome, toJsonText } from '@reprise/core';

/** What a simulated handler is told of the attempt it is to answer. */
export interface SimulatedAttempt extends Address {
  /** `page[3].charge` */
  readonly path: string;
  readonly call: string;
  readonly input: Json;
  readonly attempt: number;
  /** The task's own failures so far; losses are not among them. */
  readonly failures: number;
  readonly fence: Fence;
}

/** What it answers, and how long that takes (10 ms if it does not say). */
export interface SimulatedAnswer {
  readonly outcome: Outcome;
  readonly afterMs?: number;
  /** What its effects have left in the row by the time it answers, or dies. */
  readonly guard?: Guard;
  /** Goes on although it was asked to stop. */
  readonly ignoresCancel?: boolean;
}

export type SimulatedHandler = (attempt: SimulatedAttempt) => SimulatedAnswer;

export const succeedWith = (output: Json, afterMs = 10): SimulatedAnswer => ({
  outcome: { kind: 'succeeded', output: toJsonText(output) },
  afterMs,
});

export const failWith = (
  code: string,
  options: {
    readonly retryable?: boolean;
    readonly retryAfterMs?: number;
    readonly afterMs?: number;
    readonly happened?: false;
  } = {},
): SimulatedAnswer => ({
  outcome: {
    kind: 'failed',
    error: { code, message: `${code} happened` },
    retryable: options.retryable ?? null,
    retryAfterMs: options.retryAfterMs ?? null,
    ...(options.happened === undefined ? {} : { happened: options.happened }),
  },
  afterMs: options.afterMs ?? 10,
});

/** Answers by the task's path or, failing that, its call; `{}` where nothing is said. */
export const answering =
  (answers: Readonly<Record<string, SimulatedAnswer | SimulatedHandler>>): SimulatedHandler =>
  (attempt) => {
    const answer = answers[attempt.path] ?? answers[attempt.call] ?? succeedWith({});
    return typeof answer === 'function' ? answer(attempt) : answer;
  };
