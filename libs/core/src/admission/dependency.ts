/**
 * How something that calls depend on is doing, as all schedulers together have seen it: a bank's API behind the handlers of three
 * workflows, say. Instants are epoch milliseconds of the database's clock.
 */
export interface Dependency {
  readonly breaker: Breaker;
  /** What has come of calls, by the second, oldest first; no longer than anybody looks back. */
  readonly seconds: readonly Second[];
}

export interface Second {
  /** When it began. */
  readonly at: number;
  /** Attempts that have ended in it. */
  readonly calls: number;
  readonly failures: number;
  /** First attempts among the calls. */
  readonly firsts: number;
  /** Retries that were let through in it. */
  readonly retries: number;
}

interface Troubled {
  /** When it came into this state. */
  readonly since: number;
  /** How often in a row it has opened. */
  readonly trips: number;
  /** How many have been told to wait: the more, the wider are they spread when they come back. */
  readonly waiting: number;
  /** For people: why it opened. */
  readonly cause: string;
}

/** `until`: null where a person opened it, until a person closes it. */
export type Open = Troubled & { readonly state: 'open'; readonly until: number | null };

/** A few are let through to see whether it is well again. */
export type HalfOpen = Troubled & {
  readonly state: 'half-open';
  readonly canaries: readonly { readonly key: string; readonly at: number }[];
  /** Canaries that came back well. */
  readonly answered: number;
};

/** It seems well: those that waited are let through in waves, each at most twice as large as the one before. */
export type Releasing = Troubled & {
  readonly state: 'releasing';
  /** How many may be under way. */
  readonly width: number;
  /** How many are, as far as is known. */
  readonly out: number;
  readonly answered: number;
  readonly failed: number;
  /** When one was last let through or heard of. */
  readonly movedAt: number;
};

export type Breaker = { readonly state: 'closed' } | Open | HalfOpen | Releasing;

export interface BreakerPolicy {
  /** Opens when so many percent of the calls within `windowMs` have failed, of at least `minimumCalls`. */
  readonly failurePercent: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
  /** How long it stays open at first; doubled each time its canaries fail, up to `longestOpenMs`. */
  readonly openMs: number;
  readonly longestOpenMs: number;
  readonly canaries: number;
  /** A canary that nobody has heard of for so long is given up: its executor may have died. */
  readonly canaryMs: number;
}

/** Retries let through within 10 s: at most `percent` of the first attempts of that time, and `floorPerSecond` a second besides. */
export interface RetryBudget {
  readonly percent: number;
  readonly floorPerSecond: number;
}

/** null: there is none. */
export interface DependencyPolicy {
  readonly breaker: BreakerPolicy | null;
  readonly budget: RetryBudget | null;
}

export const UNKNOWN_DEPENDENCY: Dependency = { breaker: { state: 'closed' }, seconds: [] };

const SECOND_MS = 1_000;
/** Whatever the breaker's window is, the budget looks back so far. */
export const BUDGET_WINDOW_MS = 10_000;

const NOTHING = { calls: 0, failures: 0, firsts: 0, retries: 0 };

/** Adds to the second of `now`, and forgets what nobody looks at any more. */
export function addToSecond(
  seconds: readonly Second[],
  counts: Partial<Omit<Second, 'at'>>,
  now: number,
  keepMs: number,
): readonly Second[] {
  const at = now - (now % SECOND_MS);
  const last = seconds.at(-1);
  const current = last !== undefined && last.at >= at ? last : { at, ...NOTHING };
  const added: Second = {
    at: current.at,
    calls: current.calls + (counts.calls ?? 0),
    failures: current.failures + (counts.failures ?? 0),
    firsts: current.firsts + (counts.firsts ?? 0),
    retries: current.retries + (counts.retries ?? 0),
  };
  const before = current === last ? seconds.slice(0, -1) : seconds;
  return [...before.filter((second) => second.at > now - keepMs), added];
}

/** Of the last `windowMs`. */
export function sumOf(seconds: readonly Second[], now: number, windowMs: number): Omit<Second, 'at'> {
  const sum = { ...NOTHING };
  for (const { at, calls, failures, firsts, retries } of seconds) {
    if (at <= now - windowMs) continue;
    sum.calls += calls;
    sum.failures += failures;
    sum.firsts += firsts;
    sum.retries += retries;
  }
  return sum;
}
