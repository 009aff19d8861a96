import { type Fact, readProbeName, type Workflow } from '@reprise/core';
import type { Success } from '@reprise/ledger';
import type { Metrics } from '@reprise/service';

/** What came of a run as it began: one with nothing to do, or whose first task cannot even be prepared, has ended at once. */
export interface Birth {
  readonly workflow: Workflow;
  readonly facts: readonly Fact[];
}

/** First decisions that are committed, as counters; those that follow are counted by schedulers. */
export function countBirths(metrics: Metrics, births: readonly Birth[]): void {
  for (const { workflow, facts } of births) for (const fact of facts) countFact(metrics, workflow, fact);
}

/** Probes are no workflows of their own. */
export const successesOf = (births: readonly Birth[]): readonly Success[] =>
  births.flatMap(({ workflow: { name }, facts }) =>
    facts.flatMap((fact) =>
      fact.kind === 'run-ended' && fact.status === 'succeeded' && readProbeName(name) === null
        ? [{ workflow: name, at: fact.endedAt }]
        : [],
    ),
  );

/** Nobody has tried anything yet: there are no attempts, and nothing is late. */
function countFact(metrics: Metrics, workflow: Workflow, fact: Fact): void {
  const { name } = workflow;
  if (fact.kind === 'retry') {
    const work = workflow.nodes[fact.node]?.work;
    const call = work?.kind === 'call' ? work.call : 'none';
    metrics.counter('reprise_retries_total', { workflow: name, call, reason: fact.reason }).inc();
  }
  if (fact.kind !== 'run-ended') return;
  if (fact.status === 'succeeded' || fact.status === 'failed' || fact.status === 'cancelled')
    metrics.counter('reprise_runs_finished_total', { workflow: name, status: fact.status }).inc();
  metrics.histogram('reprise_run_duration_seconds', { workflow: name }).observe(fact.durationMs / 1_000);
}
