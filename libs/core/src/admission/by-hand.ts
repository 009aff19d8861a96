import type { Dependency } from './dependency.js';

/** A person keeps calls away from it, until a person lets them through again. */
export function openByHand(dependency: Dependency, cause: string, now: number): Dependency {
  const { breaker } = dependency;
  const waiting = breaker.state === 'closed' ? 0 : breaker.waiting;
  return { ...dependency, breaker: { state: 'open', since: now, until: null, trips: 0, waiting, cause } };
}

/** A person says that it is well: canaries go at once, and those that wait follow in waves if these come back well. */
export function closeByHand(dependency: Dependency, now: number): Dependency {
  const { breaker } = dependency;
  if (breaker.state === 'closed') return dependency;
  const { trips, waiting, cause } = breaker;
  return { ...dependency, breaker: { state: 'half-open', since: now, trips, waiting, cause, canaries: [], answered: 0 } };
}
