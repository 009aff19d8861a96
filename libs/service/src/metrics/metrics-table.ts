import type { ServiceName } from '../settings/settings-table.js';

/** `any`: values come from users, so their number is bounded; otherwise the closed list of values. */
type LabelRow = 'any' | readonly string[];

interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Which services feed it: one is what an embedded executor has. */
  readonly by: readonly ServiceName[];
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelRow>>;
  /** Upper bounds in seconds, histograms only. */
  readonly buckets?: readonly number[];
  /** What series counted under `_other` come to together, gauges that are replaced as a whole only; default: their sum. */
  readonly other?: 'greatest';
}

const FROM_1_MS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900] as const;
const FROM_10_MS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400] as const;
const OUTCOMES = ['succeeded', 'failed', 'timeout', 'lost', 'cancelled', 'in_doubt'] as const;
const EVENT_OUTCOMES = ['accepted', 'duplicate', 'unmatched', 'conflict', 'rejected'] as const;
const DUPLICATES = ['event', 'run_key', 'idempotency_key', 'effect', 'ticket', 'outcome'] as const;
const RECONCILED = ['lease', 'ticket', 'outcome', 'timer', 'overdue', 'unannounced', 'command', 'notice', 'redrive'] as const;
const ALL = ['trigger', 'scheduler', 'executor', 'monitor'] as const;
const ENDING = ['trigger', 'scheduler'] as const;

/** Every metric Reprise exports. Names and labels are a public interface: they may grow, they do not change. */
// biome-ignore format: one row per metric is what makes it readable as a table
export const METRICS_TABLE = {
  reprise_runs_started_total: { type: 'counter', by: ['trigger'], help: 'Runs started, by what started them.', labels: { workflow: 'any', trigger: 'any' } },
  reprise_runs_finished_total: { type: 'counter', by: ENDING, help: 'Runs that reached their end; one that is taken up again ends again.', labels: { workflow: 'any', status: ['succeeded', 'failed', 'cancelled'] } },
  reprise_run_duration_seconds: { type: 'histogram', by: ENDING, help: 'From the start of a run to its end.', labels: { workflow: 'any' }, buckets: FROM_10_MS },
  reprise_attempts_total: { type: 'counter', by: ['scheduler'], help: 'Finished attempts.', labels: { workflow: 'any', call: 'any', outcome: OUTCOMES } },
  reprise_retries_total: { type: 'counter', by: ENDING, help: 'Retries scheduled, by error code or reason.', labels: { workflow: 'any', call: 'any', reason: 'any' } },
  reprise_attempt_duration_seconds: { type: 'histogram', by: ['executor'], help: 'From the start of a handler to its outcome.', labels: { call: 'any' }, buckets: FROM_1_MS },
  reprise_queue_wait_seconds: { type: 'histogram', by: ['executor', 'scheduler'], help: 'From the moment an attempt is queued to its claim.', labels: { queue: 'any' }, buckets: FROM_1_MS },
  reprise_retry_lateness_seconds: { type: 'histogram', by: ['scheduler'], help: 'Actual minus intended start of a retry.', labels: {}, buckets: FROM_1_MS },
  reprise_trigger_events_total: { type: 'counter', by: ['trigger'], help: 'Trigger events received, by what became of them.', labels: { outcome: EVENT_OUTCOMES } },
  reprise_queue_depth: { type: 'gauge', by: ['monitor'], help: 'Attempts waiting for an executor.', labels: { queue: 'any' } },
  reprise_queue_oldest_age_seconds: { type: 'gauge', by: ['monitor'], help: 'Age of the attempt that has waited longest.', labels: { queue: 'any' }, other: 'greatest' },
  reprise_executors: { type: 'gauge', by: ['monitor'], help: 'Live executors that take from the queue.', labels: { queue: 'any' } },
  reprise_runs: { type: 'gauge', by: ['monitor'], help: 'Runs that have not ended.', labels: { status: ['queued', 'running', 'paused'] } },
  reprise_tasks_parked: { type: 'gauge', by: ['monitor'], help: 'Tasks that wait for a decision.', labels: { workflow: 'any' } },
  reprise_duplicates_suppressed_total: { type: 'counter', by: ['trigger', 'scheduler', 'executor'], help: 'Repeated deliveries, claims and starts that changed nothing.', labels: { kind: DUPLICATES } },
  reprise_stale_writes_rejected_total: { type: 'counter', by: ['scheduler', 'executor'], help: 'Writes refused because their fence or claim was no longer the current one.', labels: {} },
  reprise_reconciled_total: { type: 'counter', by: ['monitor'], help: 'Stuck work found and set going again.', labels: { kind: RECONCILED } },
  reprise_dead_letters: { type: 'gauge', by: ['monitor'], help: 'Dead letters that wait for a decision.', labels: {} },
  reprise_executor_slots: { type: 'gauge', by: ['executor'], help: 'Handler slots of this executor.', labels: { state: ['busy', 'free'] } },
  reprise_scheduler_shards: { type: 'gauge', by: ['scheduler'], help: 'Inboxes that fall to this scheduler; summed over schedulers, all of them.', labels: {} },
  reprise_inbox_inputs_total: { type: 'counter', by: ['scheduler'], help: 'Outcomes, reports and commands taken from an inbox.', labels: { shard: 'any' } },
  reprise_leader: { type: 'gauge', by: ['monitor'], help: '1 in the one process that leads, 0 in the others of its role.', labels: { role: ['monitor'] } },
  reprise_dependency_up: { type: 'gauge', by: ALL, help: '1 while the dependency answers as readiness asks it to.', labels: { dependency: ['postgres', 'rabbitmq'] } },
  reprise_broker_blocked: { type: 'gauge', by: ALL, help: '1 while RabbitMQ takes no messages from this process because it is short of memory or disk.', labels: {} },
  reprise_schedule_lateness_seconds: { type: 'histogram', by: ['trigger'], help: 'Actual minus intended time of a schedule firing.', labels: {}, buckets: FROM_1_MS },
  reprise_schedule_missed_total: { type: 'counter', by: ['trigger'], help: 'Schedule firings that were missed.', labels: {} },
  reprise_workflow_last_success_timestamp_seconds: { type: 'gauge', by: ['monitor'], help: 'When a run of the workflow last succeeded (Unix time).', labels: { workflow: 'any' }, other: 'greatest' },
  reprise_build_info: { type: 'gauge', by: ALL, help: 'Always 1; which build this is.', labels: { version: 'any', node: 'any' } },
  reprise_breaker_open: { type: 'gauge', by: ['monitor'], help: '1 while the circuit breaker of what calls depend on is not closed.', labels: { dependency: 'any' } },
  reprise_retention_deleted_total: { type: 'counter', by: ['monitor'], help: 'What was old enough and has been deleted; a week of runs that goes as a whole counts as one `week`.', labels: { kind: ['run', 'week', 'probe', 'event', 'key', 'dead_letter', 'bulk', 'member'] } },
  reprise_retention_last_pass_timestamp_seconds: { type: 'gauge', by: ['monitor'], help: 'When this process last came to the end of what was old enough to be deleted (Unix time).', labels: {} },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof METRICS_TABLE;
type NamesOf<T extends MetricRow['type']> = {
  [N in MetricName]: (typeof METRICS_TABLE)[N]['type'] extends T ? N : never;
}[MetricName];
export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

/** The labels of a metric; a label with a closed list takes only its values. */
export type LabelsOf<N extends MetricName> = {
  readonly [L in keyof (typeof METRICS_TABLE)[N]['labels']]: (typeof METRICS_TABLE)[N]['labels'][L] extends readonly (infer V extends
    string)[]
    ? V
    : string;
};

/** Nothing for a metric without labels, else one object with all of them. */
export type LabelArguments<N extends MetricName> = keyof LabelsOf<N> extends never ? [] : [labels: LabelsOf<N>];

/** The metrics as a Markdown table, for the documentation. */
export function metricsTable(): string {
  const rows: readonly (readonly [string, MetricRow])[] = Object.entries(METRICS_TABLE);
  const label = ([name, values]: [string, LabelRow]): string =>
    values === 'any' ? `\`${name}\`` : `\`${name}\` (${values.join(', ')})`;
  return [
    '| metric | type | labels | meaning | in |',
    '|---|---|---|---|---|',
    ...rows.map(([name, { type, by, help, labels }]) => {
      const where = by.length === ALL.length ? 'all' : by.join(', ');
      return `| \`${name}\` | ${type} | ${Object.entries(labels).map(label).join(', ') || '—'} | ${help} | ${where} |`;
    }),
    '',
  ].join('\n');
}

export function metricRow(name: MetricName): MetricRow {
  return METRICS_TABLE[name];
}
