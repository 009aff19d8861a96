import {
  addToSecond,
  BUDGET_WINDOW_MS,
  type Dependency,
  type DependencyPolicy,
  type HalfOpen,
  type Open,
  type Releasing,
  type RetryBudget,
  sumOf,
} from './dependency.js';

export interface PassQuestion {
  /** Which attempt asks: it may ask again. */
  readonly key: string;
  /** Its task has failed before. */
  readonly isRetry: boolean;
  /** It has been told to wait for this dependency before. */
  readonly again: boolean;
  /** A random number in [0, 1). */
  readonly unit: number;
}

/** `hold`: come back at `startAt`. `as`: it was let through although the breaker has not closed yet. */
export type PassAnswer = { readonly dependency: Dependency } & (
  | { readonly kind: 'pass'; readonly as: 'canary' | 'wave' | null }
  | {
      readonly kind: 'hold';
      readonly hold: 'BREAKER_OPEN' | 'RETRY_BUDGET';
      readonly startAt: number;
      /** For people: what it waits for. */
      readonly detail: string;
    }
);

/** Those that wait come back at most so many a second, so that they do not storm the ledger instead of the dependency. */
const COME_BACK_PER_SECOND = 500;
/** Until the canaries have answered, and until the next wave. */
const NEXT_LOOK_MS = 500;
/** Where a person decides when it closes, nobody knows when that is. */
const BY_HAND_MS = 10_000;
const KEEP_MS = 60_000;

/** May an attempt start now, as far as its dependency is concerned? One that may has been counted. */
export function askToPass(dependency: Dependency, question: PassQuestion, policy: DependencyPolicy, now: number): PassAnswer {
  const { breaker } = dependency;
  const passed = (as: 'canary' | 'wave' | null): PassAnswer => ({
    kind: 'pass',
    as,
    dependency: counted(dependency, question, now),
  });
  if (policy.breaker === null || breaker.state === 'closed') return askBudget(dependency, question, policy.budget, now);
  switch (breaker.state) {
    case 'open':
      if (breaker.until === null || breaker.until > now)
        return held(dependency, breaker, question, breaker.until ?? now + BY_HAND_MS);
      return askToPass({ ...dependency, breaker: halfOpen(breaker, now) }, question, policy, now);
    case 'half-open': {
      const since = now - policy.breaker.canaryMs;
      const canaries = breaker.canaries.filter(({ key, at }) => key !== question.key && at > since);
      const left = policy.breaker.canaries - breaker.answered - canaries.length;
      if (left <= 0) return held(dependency, { ...breaker, canaries }, question, now + NEXT_LOOK_MS);
      const canary = { key: question.key, at: now };
      const { dependency: after } = passed('canary');
      return { kind: 'pass', as: 'canary', dependency: { ...after, breaker: { ...breaker, canaries: [...canaries, canary] } } };
    }
    case 'releasing': {
      // Nothing was heard for so long: those that are out will not be heard of.
      const out = breaker.movedAt > now - policy.breaker.canaryMs ? breaker.out : 0;
      if (out >= breaker.width) return held(dependency, { ...breaker, out }, question, now + NEXT_LOOK_MS);
      const { dependency: after } = passed('wave');
      const waiting = Math.max(0, breaker.waiting - 1);
      return { kind: 'pass', as: 'wave', dependency: { ...after, breaker: { ...breaker, out: out + 1, waiting, movedAt: now } } };
    }
  }
}

const halfOpen = ({ trips, waiting, cause }: Open, now: number): HalfOpen => ({
  state: 'half-open',
  since: now,
  trips,
  waiting,
  cause,
  canaries: [],
  answered: 0,
});

function held(dependency: Dependency, breaker: Open | HalfOpen | Releasing, question: PassQuestion, from: number): PassAnswer {
  const waiting = breaker.waiting + (question.again ? 0 : 1);
  const spreadMs = (1_000 * waiting) / COME_BACK_PER_SECOND;
  return {
    kind: 'hold',
    hold: 'BREAKER_OPEN',
    startAt: from + question.unit * Math.max(100, spreadMs),
    detail: breaker.cause,
    dependency: { ...dependency, breaker: { ...breaker, waiting } },
  };
}

function askBudget(dependency: Dependency, question: PassQuestion, budget: RetryBudget | null, now: number): PassAnswer {
  const after = (): PassAnswer => ({ kind: 'pass', as: null, dependency: counted(dependency, question, now) });
  if (budget === null || !question.isRetry) return after();
  const { firsts, retries } = sumOf(dependency.seconds, now, BUDGET_WINDOW_MS);
  const most = (firsts * budget.percent) / 100 + (budget.floorPerSecond * BUDGET_WINDOW_MS) / 1_000;
  if (retries < most) return after();
  const detail = `${retries} retries within 10 s for ${firsts} first attempts: at most ${budget.percent} % and ${budget.floorPerSecond} a second`;
  // It is refilled by the second; drawn apart, or all would come back for the same few.
  return {
    kind: 'hold',
    hold: 'RETRY_BUDGET',
    startAt: now + 1_000 + question.unit * (BUDGET_WINDOW_MS - 1_000),
    detail,
    dependency,
  };
}

function counted(dependency: Dependency, { isRetry }: PassQuestion, now: number): Dependency {
  return isRetry ? { ...dependency, seconds: addToSecond(dependency.seconds, { retries: 1 }, now, KEEP_MS) } : dependency;
}
