import type { AttemptFailure, PartialRetryPolicy, Why, WhyEnded, WhyWait } from '../retry/index.js';
import type { AttemptRecord } from '../run/state/decision.js';

/** An attempt as the ledger keeps it. Times are epoch milliseconds; `startedAt` null: nobody ever executed it. */
export interface RecordedAttempt {
  readonly outcome: AttemptRecord['outcome'];
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly verdict: Why | null;
}

/** A task instance that has been tried and has come to its end, or to a person. */
export interface RecordedTask {
  /** Oldest first, at least one. */
  readonly attempts: readonly RecordedAttempt[];
  readonly status: 'succeeded' | 'failed' | 'parked';
  /** What its document says, the workflow's defaults included. */
  readonly retry: PartialRetryPolicy;
  /** No retry could start from here on: the end of the task's total time, or of the run's. */
  readonly deadlineAt: number | null;
}

/** What a policy was asked after an attempt, or null: it was not asked, the attempt ended the task by itself. */
export function verdictOf({ verdict }: RecordedAttempt): WhyEnded | null {
  return verdict?.reason === 'failure' || verdict?.reason === 'lost' ? verdict : null;
}

export const isHandedBack = ({ verdict }: RecordedAttempt): boolean => verdict?.reason === 'handed-back';

/** The failure as `decideRetry` was told of it, as far as its verdict tells. */
export function failureOf({ reason, code, rule, wait }: WhyEnded): AttemptFailure {
  return {
    kind: reason === 'lost' ? 'lost' : 'failed',
    code,
    retryable: rule?.from === 'handler' ? false : null,
    retryAfterMs: wait?.from === 'retryAfter' ? wait.askedMs : null,
  };
}

/** The wait that followed an attempt. */
export const waitOf = (attempt: RecordedAttempt): number => {
  const verdict = verdictOf(attempt);
  return verdict?.action === 'retry' ? verdict.wait.delayMs : 0;
};

/** The luck an attempt had: the number its jitter was drawn with, null where none was recorded. */
export function unitOf({ wait }: WhyEnded): number | null {
  return wait?.from === 'backoff' ? wait.unit : null;
}

/**
 * A person who has a task tried again begins a new count, under the same numbers: what came before and what comes after are replayed
 * as tasks of their own. Only the last of them knows its deadline and its end.
 */
export function episodesOf(task: RecordedTask): readonly RecordedTask[] {
  const episodes: RecordedAttempt[][] = [];
  let goesOn = false;
  for (const attempt of task.attempts) {
    const current = episodes.at(-1);
    if (current === undefined || !goesOn) episodes.push([attempt]);
    else current.push(attempt);
    goesOn = isHandedBack(attempt) || verdictOf(attempt)?.action === 'retry';
  }
  const last = episodes.length - 1;
  return episodes.map((attempts, index) =>
    index === last ? { ...task, attempts } : { attempts, status: 'failed', retry: task.retry, deadlineAt: null },
  );
}

/**
 * What the handler must have declared of itself: its declaration travels with its failures and is not kept, but the verdicts tell what
 * they were taken from. It stands below the document, so that it fills only what the document leaves open.
 */
export function declaredRetry({ attempts }: RecordedTask): PartialRetryPolicy {
  const own = attempts.flatMap((attempt) => {
    const verdict = verdictOf(attempt);
    return verdict?.reason === 'failure' && verdict.rule?.from !== 'policies' ? [verdict] : [];
  });
  const [first] = own;
  const patterns = (from: 'nonRetryable' | 'retryOn'): string[] =>
    own.flatMap(({ rule }) => (rule?.from === from ? [rule.pattern] : []));
  const [nonRetryable, retryOn] = [patterns('nonRetryable'), patterns('retryOn')];
  const isRefused = own.some(({ spent }) => spent === 'not-in-retryOn');
  return {
    ...(first === undefined ? {} : { maximumAttempts: first.limit }),
    ...backoffOf(own.map(({ wait }) => wait).find((wait) => wait?.from === 'backoff')),
    ...(nonRetryable.length === 0 ? {} : { nonRetryable }),
    ...(retryOn.length === 0 && !isRefused ? {} : { retryOn }),
    ...(own.some(({ action }) => action === 'park') ? { onExhausted: 'park' as const } : {}),
  };
}

function backoffOf(wait: WhyWait | null | undefined): PartialRetryPolicy {
  if (wait?.from !== 'backoff') return {};
  const { initialMs, capMs, backoff, coefficient, jitter } = wait;
  return {
    initialIntervalMs: initialMs,
    backoff,
    backoffCoefficient: coefficient,
    // Said, or 100 × initial: then it would follow a proposal's initialInterval.
    ...(capMs === 100 * initialMs ? {} : { maximumIntervalMs: capMs }),
    jitter,
  };
}
