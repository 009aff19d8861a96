import type { DeadLetterStore, Gauges } from '@reprise/ledger';
import type { Metrics } from '@reprise/service';
import type { ListQueues } from '../list-queues.js';

/** Figures of the whole installation. Only the leader shows them: summed over monitors they would count everything twice. */
export class GlobalGauges {
  constructor(
    private readonly metrics: Metrics,
    private readonly gauges: Gauges,
    private readonly letters: DeadLetterStore,
    private readonly queues: ListQueues,
  ) {}

  async update(): Promise<void> {
    const { metrics } = this;
    const [runs, parked, letters, queues] = await Promise.all([
      this.gauges.openRuns(),
      this.gauges.parkedTasks(),
      this.letters.countOpen(),
      this.queues.list(),
    ]);
    const statuses = ['queued', 'running', 'paused'] as const;
    const counted = new Map<string, number>(runs.map((row) => [row.status, row.runs]));
    metrics.replaceGauge(
      'reprise_runs',
      statuses.map((status) => ({ labels: { status }, value: counted.get(status) ?? 0 })),
    );
    metrics.replaceGauge(
      'reprise_tasks_parked',
      parked.map((row) => ({ labels: { workflow: row.workflow }, value: row.tasks })),
    );
    metrics.replaceGauge('reprise_dead_letters', [{ labels: {}, value: letters }]);
    const known = queues.flatMap(({ name, depth }) => (depth === null ? [] : [{ labels: { queue: name }, value: depth }]));
    metrics.replaceGauge('reprise_queue_depth', known);
    const ages = queues.map(({ name, oldestAgeSeconds }) => ({ labels: { queue: name }, value: oldestAgeSeconds ?? 0 }));
    metrics.replaceGauge('reprise_queue_oldest_age_seconds', ages);
  }

  clear(): void {
    const names = [
      'reprise_runs',
      'reprise_tasks_parked',
      'reprise_dead_letters',
      'reprise_queue_depth',
      'reprise_queue_oldest_age_seconds',
    ] as const;
    for (const name of names) this.metrics.replaceGauge(name, []);
  }
}
