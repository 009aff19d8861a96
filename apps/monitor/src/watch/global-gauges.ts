import type { QueueView } from '@reprise/contracts';
import { readLaneKey } from '@reprise/core';
import type { DeadLetterStore, DependencyStore, DependencyView, Gauges } from '@reprise/ledger';
import type { GaugeName, Metrics } from '@reprise/service';
import type { ListQueues } from '../queues/list-queues.js';

const STATUSES = ['queued', 'running', 'paused'] as const;
const SHOWN = [
  'reprise_runs',
  'reprise_tasks_parked',
  'reprise_dead_letters',
  'reprise_queue_depth',
  'reprise_queue_oldest_age_seconds',
  'reprise_executors',
  'reprise_breaker_open',
  'reprise_workflow_last_success_timestamp_seconds',
] as const satisfies readonly GaugeName[];

/** Figures of the whole installation, as they were read. */
export interface Figures {
  readonly runs: Awaited<ReturnType<Gauges['openRuns']>>;
  readonly parked: Awaited<ReturnType<Gauges['parkedTasks']>>;
  readonly successes: Awaited<ReturnType<Gauges['lastSuccesses']>>;
  readonly letters: number;
  readonly waiting: Awaited<ReturnType<Gauges['waitingQueues']>>;
  readonly queues: readonly QueueView[];
  readonly dependencies: readonly DependencyView[];
}

/** Figures of the whole installation. Only the leader shows them: summed over monitors they would count everything twice. */
export class GlobalGauges {
  constructor(
    private readonly metrics: Metrics,
    private readonly gauges: Gauges,
    private readonly letters: DeadLetterStore,
    private readonly queues: ListQueues,
    private readonly dependencies: DependencyStore,
  ) {}

  async read(): Promise<Figures> {
    const [runs, parked, successes, letters, waiting, queues, dependencies] = await Promise.all([
      this.gauges.openRuns(),
      this.gauges.parkedTasks(),
      this.gauges.lastSuccesses(),
      this.letters.countOpen(),
      this.gauges.waitingQueues(),
      this.queues.list(),
      this.dependencies.list(),
    ]);
    return { runs, parked, successes, letters, waiting, queues, dependencies };
  }

  show({ runs, parked, successes, letters, waiting, queues, dependencies }: Figures): void {
    const { metrics } = this;
    const counted = new Map<string, number>(runs.map((row) => [row.status, row.runs]));
    metrics.replaceGauge(
      'reprise_runs',
      STATUSES.map((status) => ({ labels: { status }, value: counted.get(status) ?? 0 })),
    );
    metrics.replaceGauge(
      'reprise_tasks_parked',
      parked.map(({ workflow, tasks }) => ({ labels: { workflow }, value: tasks })),
    );
    metrics.replaceGauge('reprise_dead_letters', [{ labels: {}, value: letters }]);
    metrics.replaceGauge(
      'reprise_breaker_open',
      dependencies.map(({ name, state }) => ({ labels: { dependency: name }, value: state.breaker.state === 'closed' ? 0 : 1 })),
    );
    metrics.replaceGauge(
      'reprise_workflow_last_success_timestamp_seconds',
      successes.map(({ workflow, succeededAt }) => ({ labels: { workflow }, value: succeededAt })),
    );
    const ofQueues = (figureOf: (queue: QueueView) => number | null) =>
      queues.flatMap((queue) => {
        const value = figureOf(queue);
        return value === null ? [] : [{ labels: { queue: queue.name }, value }];
      });
    const heldIn = new Map<string, number>();
    for (const { queue: key, held } of waiting) {
      const { queue } = readLaneKey(key);
      heldIn.set(queue, (heldIn.get(queue) ?? 0) + held);
    }
    metrics.replaceGauge(
      'reprise_queue_depth',
      ofQueues(({ name, depth }) => {
        const held = heldIn.get(name) ?? 0;
        // Unknown while the broker is away: no series is better than a wrong one.
        return depth === null && held === 0 ? null : (depth ?? 0) + held;
      }),
    );
    metrics.replaceGauge(
      'reprise_queue_oldest_age_seconds',
      ofQueues(({ oldestAgeSeconds }) => oldestAgeSeconds ?? 0),
    );
    metrics.replaceGauge(
      'reprise_executors',
      ofQueues(({ executors }) => executors),
    );
  }

  clear(): void {
    for (const name of SHOWN) this.metrics.replaceGauge(name, []);
  }
}
