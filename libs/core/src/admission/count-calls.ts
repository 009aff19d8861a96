import {
  addToSecond,
  type Breaker,
  type BreakerPolicy,
  BUDGET_WINDOW_MS,
  type Dependency,
  type DependencyPolicy,
  type HalfOpen,
  type Open,
  type Releasing,
  sumOf,
} from './dependency.js';

/** What became of a call. `unheard`: nobody knows, because its executor died or was stopped; it tells nothing of the dependency. */
export type CallAnswer = 'answered' | 'failed' | 'unheard';

/** Calls of one dependency that have ended since it was last told. */
export interface CallTally {
  /** `answered` and `failed` together. */
  readonly calls: number;
  readonly failures: number;
  /** First attempts among the calls. */
  readonly firsts: number;
  /** The error code of the last failure. */
  readonly code: string | null;
  /** Those that its breaker had let through. */
  readonly passed: readonly { readonly key: string; readonly answer: CallAnswer }[];
}

export const NO_CALLS: CallTally = { calls: 0, failures: 0, firsts: 0, code: null, passed: [] };

/** As wide as this, nobody who waits is held back any more. */
const WIDEST = 500;

/** How a dependency is doing after some more calls. The states are those of Nygard's circuit breaker ("Release It!"), the waves TCP's slow start. */
export function countCalls(before: Dependency, tally: CallTally, policy: DependencyPolicy, now: number): Dependency {
  const { calls, failures, firsts } = tally;
  const keepMs = Math.max(policy.breaker?.windowMs ?? 0, BUDGET_WINDOW_MS);
  const seconds = addToSecond(before.seconds, { calls, failures, firsts }, now, keepMs);
  if (policy.breaker === null) return { breaker: before.breaker, seconds };
  const breaker = judge({ ...before, seconds }, tally, policy.breaker, now);
  // What made it open must not open it once more when it is closed again.
  return { breaker, seconds: breaker.state === 'closed' && before.breaker.state !== 'closed' ? [] : seconds };
}

function judge({ breaker, seconds }: Dependency, tally: CallTally, policy: BreakerPolicy, now: number): Breaker {
  switch (breaker.state) {
    case 'closed': {
      const { calls, failures } = sumOf(seconds, now, policy.windowMs);
      if (calls < policy.minimumCalls || failures * 100 < calls * policy.failurePercent) return breaker;
      return opened(
        { trips: 0, waiting: 0 },
        `${failures} of ${calls} calls within ${policy.windowMs / 1_000} s failed${lastCode(tally)}`,
        policy,
        now,
      );
    }
    case 'open':
      return breaker;
    case 'half-open':
      return judgeCanaries(breaker, tally, policy, now);
    case 'releasing':
      return judgeWaves(breaker, tally, policy, now);
  }
}

const lastCode = ({ code }: CallTally): string => (code === null ? '' : `, the last with ${code}`);

/** Opens for twice as long each time in a row. */
function opened({ trips, waiting }: Pick<Open, 'trips' | 'waiting'>, cause: string, policy: BreakerPolicy, now: number): Open {
  const openMs = Math.min(policy.longestOpenMs, policy.openMs * 2 ** trips);
  return { state: 'open', since: now, until: now + openMs, trips: trips + 1, waiting, cause };
}

function judgeCanaries(breaker: HalfOpen, tally: CallTally, policy: BreakerPolicy, now: number): Breaker {
  const heard = tally.passed.filter(({ key }) => breaker.canaries.some((canary) => canary.key === key));
  if (heard.some(({ answer }) => answer === 'failed')) return opened(breaker, `a canary failed${lastCode(tally)}`, policy, now);
  const answered = breaker.answered + heard.filter(({ answer }) => answer === 'answered').length;
  const canaries = breaker.canaries.filter((canary) => !heard.some(({ key }) => key === canary.key));
  if (answered < policy.canaries) return { ...breaker, canaries, answered };
  const { trips, waiting, cause } = breaker;
  const width = 2 * policy.canaries;
  return { state: 'releasing', since: now, trips, waiting, cause, width, out: 0, answered: 0, failed: 0, movedAt: now };
}

/** Each answer lets one more out than came back: a wave may be twice as large as the one before. */
function judgeWaves(breaker: Releasing, tally: CallTally, policy: BreakerPolicy, now: number): Breaker {
  const came = tally.passed.length;
  const well = tally.passed.filter(({ answer }) => answer === 'answered').length;
  const failed = breaker.failed + tally.passed.filter(({ answer }) => answer === 'failed').length;
  const answered = breaker.answered + well;
  if (failed >= policy.canaries && failed * 100 >= (failed + answered) * policy.failurePercent)
    return opened(breaker, `${failed} of ${failed + answered} calls failed when it was let go${lastCode(tally)}`, policy, now);
  const width = breaker.width + well;
  if (width >= WIDEST || now - breaker.since >= policy.windowMs) return { state: 'closed' };
  const out = Math.max(0, breaker.out - came);
  return { ...breaker, width, out, answered, failed, movedAt: came === 0 ? breaker.movedAt : now };
}
