import type { DependencyView } from '@reprise/contracts';
import type { Dependency } from '@reprise/core';

const instant = (ms: number): string => new Date(ms).toISOString();

export function showDependency(name: string, { breaker, seconds }: Dependency): DependencyView {
  const sum = (of: 'calls' | 'failures' | 'retries'): number => seconds.reduce((total, second) => total + second[of], 0);
  const counts = { calls: sum('calls'), failures: sum('failures'), retries: sum('retries') };
  if (breaker.state === 'closed') return { name, state: 'closed', since: null, until: null, cause: null, waiting: 0, ...counts };
  const { state, since, cause, waiting } = breaker;
  const until = breaker.state === 'open' && breaker.until !== null ? instant(breaker.until) : null;
  return { name, state, since: instant(since), until, cause, waiting, ...counts };
}
