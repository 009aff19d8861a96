import { type CallTally, type DependencyPolicy, type Fact, NO_CALLS } from '@reprise/core';
import type { DependencyStore } from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import type { Advanced } from './advanced.js';

type CallFact = Extract<Fact, { readonly kind: 'call' }>;

/** So many that nobody has written down are too old to matter. */
const MOST_PASSED = 10_000;

/**
 * What has come of calls, added up in this process and told the ledger a few times a second: one row of a busy dependency, written with
 * every batch, would have all schedulers wait for each other. What is lost with a process that dies are counts of half a second.
 */
export class TallyCalls {
  private tallies = new Map<string, CallTally>();

  constructor(
    private readonly store: Pick<DependencyStore, 'count'>,
    private readonly policy: DependencyPolicy,
    private readonly logger: Logger,
  ) {}

  /** Of committed decisions. */
  add(advanced: readonly Advanced[]): void {
    for (const { run, decision } of advanced)
      for (const fact of decision.facts) {
        if (fact.kind !== 'call') continue;
        this.tallies.set(fact.dependency, plus(this.tallies.get(fact.dependency) ?? NO_CALLS, fact, run.id));
      }
  }

  /** Never throws: counts that could not be written are dropped, for they may have been. */
  async tell(): Promise<void> {
    if (this.tallies.size === 0) return;
    const told = this.tallies;
    this.tallies = new Map();
    try {
      await this.store.count(told, this.policy);
    } catch (error) {
      this.logger.debug({ error }, 'what came of calls could not be counted');
    }
  }
}

function plus(tally: CallTally, { answer, code, isFirst, released }: CallFact, run: string): CallTally {
  const passed = released === null ? tally.passed : [...tally.passed.slice(-MOST_PASSED), { key: `${run}/${released}`, answer }];
  if (answer === 'unheard') return { ...tally, passed };
  return {
    calls: tally.calls + 1,
    failures: tally.failures + (answer === 'failed' ? 1 : 0),
    firsts: tally.firsts + (isFirst ? 1 : 0),
    code: answer === 'failed' ? code : tally.code,
    passed,
  };
}
