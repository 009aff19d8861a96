/** `any`: values come from users, so their number is bounded; otherwise the closed list of values. */
type LabelRow = 'any' | readonly string[];

interface MetricRow {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelRow>>;
  /** Upper bounds in seconds, histograms only. */
  readonly buckets?: readonly number[];
}

const FROM_1_MS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900] as const;
const FROM_10_MS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400] as const;
const OUTCOMES = ['succeeded', 'failed', 'timeout', 'lost', 'cancelled', 'in_doubt'] as const;

/** Every metric Reprise exports. Names and labels are a public interface: they may grow, they do not change. */
// biome-ignore format: one row per metric is what makes it readable as a table
export const METRICS_TABLE = {
  reprise_runs_started_total: { type: 'counter', help: 'Runs started, by what started them.', labels: { workflow: 'any', trigger: 'any' } },
  reprise_runs_finished_total: { type: 'counter', help: 'Runs that reached their end.', labels: { workflow: 'any', status: ['succeeded', 'failed', 'cancelled'] } },
  reprise_run_duration_seconds: { type: 'histogram', help: 'From the start of a run to its end.', labels: { workflow: 'any' }, buckets: FROM_10_MS },
  reprise_attempts_total: { type: 'counter', help: 'Finished attempts.', labels: { workflow: 'any', call: 'any', outcome: OUTCOMES } },
  reprise_retries_total: { type: 'counter', help: 'Retries scheduled, by error code or reason.', labels: { workflow: 'any', call: 'any', reason: 'any' } },
  reprise_attempt_duration_seconds: { type: 'histogram', help: 'From the start of a handler to its outcome.', labels: { call: 'any' }, buckets: FROM_1_MS },
  reprise_queue_wait_seconds: { type: 'histogram', help: 'From the moment an attempt is queued to its claim.', labels: { queue: 'any' }, buckets: FROM_1_MS },
  reprise_retry_lateness_seconds: { type: 'histogram', help: 'Actual minus intended start of a retry.', labels: {}, buckets: FROM_1_MS },
  reprise_trigger_events_total: { type: 'counter', help: 'Trigger events received, by what became of them.', labels: { outcome: ['accepted', 'duplicate', 'unmatched', 'conflict', 'rejected'] } },
  reprise_queue_depth: { type: 'gauge', help: 'Attempts waiting for an executor.', labels: { queue: 'any' } },
  reprise_queue_oldest_age_seconds: { type: 'gauge', help: 'Age of the attempt that has waited longest.', labels: { queue: 'any' } },
  reprise_runs: { type: 'gauge', help: 'Runs that have not ended.', labels: { status: ['queued', 'running', 'paused'] } },
  reprise_tasks_parked: { type: 'gauge', help: 'Tasks that wait for a decision.', labels: { workflow: 'any' } },
  reprise_duplicates_suppressed_total: { type: 'counter', help: 'Repeated deliveries, claims and starts that changed nothing.', labels: { kind: 'any' } },
  reprise_stale_writes_rejected_total: { type: 'counter', help: 'Writes refused because their fence or claim was no longer the current one.', labels: {} },
  reprise_reconciled_total: { type: 'counter', help: 'Stuck work found and set going again.', labels: { kind: 'any' } },
  reprise_dead_letters: { type: 'gauge', help: 'Dead letters that wait for a decision.', labels: {} },
  reprise_executor_slots: { type: 'gauge', help: 'Handler slots of this executor.', labels: { state: ['busy', 'free'] } },
  reprise_leader: { type: 'gauge', help: '1 where this process leads.', labels: { role: 'any' } },
  reprise_schedule_lateness_seconds: { type: 'histogram', help: 'Actual minus intended time of a schedule firing.', labels: {}, buckets: FROM_1_MS },
  reprise_schedule_missed_total: { type: 'counter', help: 'Schedule firings that were missed.', labels: {} },
  reprise_workflow_last_success_timestamp_seconds: { type: 'gauge', help: 'When a run of the workflow last succeeded (Unix time).', labels: { workflow: 'any' } },
  reprise_build_info: { type: 'gauge', help: 'Always 1; which build this is.', labels: { version: 'any', node: 'any' } },
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
    '| metric | type | labels | meaning |',
    '|---|---|---|---|',
    ...rows.map(
      ([name, row]) => `| \`${name}\` | ${row.type} | ${Object.entries(row.labels).map(label).join(', ') || '—'} | ${row.help} |`,
    ),
    '',
  ].join('\n');
}

export function metricRow(name: MetricName): MetricRow {
  return METRICS_TABLE[name];
}
