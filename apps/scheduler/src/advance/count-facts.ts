import type { Metrics } from '@reprise/service';
import type { Advanced } from './advanced.js';

/** Committed decisions, as counters. */
export function countFacts(metrics: Metrics, advanced: readonly Advanced[]): void {
  for (const { workflow, decision, staleOutcomes } of advanced) {
    for (const fact of decision.facts) countFact(metrics, workflow, fact);
    for (const { redelivered } of staleOutcomes) {
      if (redelivered) metrics.counter('reprise_duplicates_suppressed_total', { kind: 'outcome' }).inc();
      else metrics.counter('reprise_stale_writes_rejected_total').inc();
    }
  }
}

function countFact(metrics: Metrics, workflow: Advanced['workflow'], fact: Advanced['decision']['facts'][number]): void {
  switch (fact.kind) {
    case 'attempt': {
      const labels = { workflow: workflow.name, call: callOf(workflow, fact.node), outcome: fact.outcome };
      metrics.counter('reprise_attempts_total', labels).inc();
      if (fact.fromLedger) metrics.counter('reprise_duplicates_suppressed_total', { kind: 'idempotency_key' }).inc();
      return;
    }
    case 'retry':
      metrics
        .counter('reprise_retries_total', { workflow: workflow.name, call: callOf(workflow, fact.node), reason: fact.reason })
        .inc();
      return;
    case 'late':
      metrics.histogram('reprise_retry_lateness_seconds').observe(fact.latenessMs / 1_000);
      return;
    case 'parked':
    case 'call':
      return;
    case 'run-ended':
      if (fact.status === 'succeeded' || fact.status === 'failed' || fact.status === 'cancelled') {
        metrics.counter('reprise_runs_finished_total', { workflow: workflow.name, status: fact.status }).inc();
      }
      metrics.histogram('reprise_run_duration_seconds', { workflow: workflow.name }).observe(fact.durationMs / 1_000);
  }
}

const callOf = (workflow: Advanced['workflow'], node: number): string => {
  const work = workflow.nodes[node]?.work;
  return work?.kind === 'call' ? work.call : 'none';
};
