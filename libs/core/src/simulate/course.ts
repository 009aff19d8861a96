import { decideRetry, type RetryMemory, type RetryPolicy } from '../retry/index.js';
import { failureOf, isHandedBack, type RecordedAttempt, type RecordedTask, unitOf, verdictOf, waitOf } from './recorded-task.js';

/** Where no draw was recorded, the middle of the jitter's range stands for it. */
export const MEAN_UNIT = 0.5;

/** What became of a task, or would become of it. Instants are epoch milliseconds. */
export interface Course {
  /** `unknown`: it would be tried more often than it was. */
  readonly outcome: 'succeeded' | 'failed' | 'parked' | 'unknown';
  /** Attempts that were executed. Of an unknown course: with the first one that was never made. */
  readonly calls: number;
  /** All waits before retries. */
  readonly waitMs: number;
  /** When each attempt but the first began. */
  readonly retriesAt: readonly number[];
  /** The last failure. */
  readonly code: string | null;
  /** The number of the attempt it ended with. */
  readonly attempt: number;
}

/** What did happen. */
export function recordedCourse(task: RecordedTask): Course {
  const { attempts } = task;
  const retries = attempts.slice(1).map(({ startedAt, endedAt }) => startedAt ?? endedAt);
  const codes = attempts.flatMap((attempt) => verdictOf(attempt)?.code ?? []);
  let outcome: Course['outcome'] = endOf(task);
  for (const attempt of attempts) {
    const verdict = verdictOf(attempt);
    const left = verdict === null ? endOf(task) : verdict.action === 'park' ? 'parked' : 'failed';
    outcome = attempt.outcome === 'succeeded' ? 'succeeded' : left;
  }
  return {
    outcome,
    calls: attempts.filter(isCall).length,
    waitMs: attempts.slice(0, -1).reduce((sum, attempt) => sum + waitOf(attempt), 0),
    retriesAt: retries,
    code: codes.at(-1) ?? null,
    attempt: attempts.length,
  };
}

/**
 * What would have happened under another policy: attempt n comes to what attempt n came to, takes as long, and starts as late after its
 * wait. The wait, and whether there is one, is the engine's own decision.
 */
export function replay(task: RecordedTask, policy: RetryPolicy): Course {
  const { attempts, deadlineAt } = task;
  let memory: RetryMemory | null = null;
  let calls = 0;
  let waitMs = 0;
  let clock: number | null = null;
  let code: string | null = null;
  const retriesAt: number[] = [];
  for (let index = 0; ; index += 1) {
    const attempt = attempts[index];
    if (attempt === undefined) throw new Error('a task without attempts cannot be replayed');
    const startedAt: number = clock ?? attempt.startedAt ?? attempt.endedAt;
    const now = startedAt + durationOf(attempt);
    const end = (outcome: Course['outcome'], number = index + 1): Course => ({
      outcome,
      calls,
      waitMs,
      retriesAt,
      code,
      attempt: number,
    });
    if (index > 0) retriesAt.push(startedAt);
    if (isCall(attempt)) calls += 1;
    if (attempt.outcome === 'succeeded') return end('succeeded');
    const recorded = verdictOf(attempt);
    const next = attempts[index + 1];
    if (recorded === null) {
      if (!isHandedBack(attempt) || next === undefined) return end(endOf(task));
      clock = now + lagBefore(attempt, next);
      continue;
    }
    code = recorded.code;
    const verdict = decideRetry({
      policy,
      memory,
      failure: failureOf(recorded),
      attempt: index + 1,
      startedAt: isCall(attempt) ? startedAt : null,
      now,
      deadlineAt,
      unit: unitOf(recorded) ?? MEAN_UNIT,
    });
    if (verdict.kind === 'exhausted') return end(verdict.action === 'park' ? 'parked' : 'failed');
    memory = verdict.memory;
    waitMs += verdict.delayMs;
    if (next === undefined) {
      calls += 1;
      retriesAt.push(now + verdict.delayMs);
      return end('unknown', index + 2);
    }
    clock = now + verdict.delayMs + lagBefore(attempt, next);
  }
}

const isCall = ({ startedAt }: RecordedAttempt): boolean => startedAt !== null;

const durationOf = ({ startedAt, endedAt }: RecordedAttempt): number => Math.max(0, endedAt - (startedAt ?? endedAt));

/** What the next attempt waited for beyond what the policy had it wait for: an executor, its queue, a rate limit. */
function lagBefore(attempt: RecordedAttempt, next: RecordedAttempt): number {
  return Math.max(0, (next.startedAt ?? attempt.endedAt) - attempt.endedAt - waitOf(attempt));
}

/** No policy was asked. Who succeeded without an attempt that did was parked until a person said so. */
const endOf = ({ status }: RecordedTask): 'failed' | 'parked' => (status === 'failed' ? 'failed' : 'parked');
