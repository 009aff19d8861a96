import {
  type Address,
  type ClaimId,
  type Fence,
  type Guard,
  type Json,
  type JsonText,
  type Outcome,
  type PartialRetryPolicy,
  toJsonText,
} from '@reprise/core';

/** What a simulated handler is told of the attempt it is to answer. */
export interface SimulatedAttempt extends Address {
  /** `page[3].charge` */
  readonly path: string;
  readonly call: string;
  readonly input: Json;
  /** The same as it is stored. */
  readonly inputText: JsonText;
  readonly attempt: number;
  /** The task's own failures so far; losses are not among them. */
  readonly failures: number;
  readonly fence: Fence;
  readonly claim: ClaimId;
  /** Where secrets belong in the input, as the ticket says it. */
  readonly secrets: JsonText | null;
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

/** Work that says by itself when it has ended. */
export interface SimulatedWork {
  /** Of the handler; what the document says comes first. null: it says nothing. */
  readonly attemptTimeoutMs: number | null;
  readonly heartbeatTimeoutMs: number | null;
  readonly retry: PartialRetryPolicy | null;
  /** The attempt is claimed: it begins. */
  begin(hands: Hands): void;
  /** It is asked to stop. `killed`: its process is gone, nothing it does counts any more. */
  stop(reason: 'cancelled' | 'timeout' | 'killed'): void;
}

/** What such work holds its attempt with. */
export interface Hands {
  /** Epoch milliseconds after which the attempt has timed out. */
  readonly deadline: number;
  /** How the attempt ends, so many milliseconds from now; the first one counts. */
  answer(outcome: Outcome, afterMs: number, ignoresCancel: boolean): void;
  /** It is alive. */
  beat(): void;
  /** Its process dies. */
  die(): void;
}

export type SimulatedHandler = (attempt: SimulatedAttempt) => SimulatedAnswer | SimulatedWork;

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
