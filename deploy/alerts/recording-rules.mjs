// What several alerts and panels ask for, computed once.

/** Retries must start within this of their due time … */
export const LATE_AFTER_SECONDS = 1;
/** … this often. What is left of it is the error budget that burn rates are about. */
export const LATENESS_OBJECTIVE = 0.99;

/** The windows of the burn rates. */
const WINDOWS = ['5m', '30m', '1h', '6h', '3d'];

/** Prometheus 3 writes le="1" as le="1.0". @param {number} bound */
export const le = (bound) => `le=~"${bound}(\\\\.0)?"`;

/** @param {string} window */
export const lateRatio = (window) => `reprise:retries_late:ratio_rate${window}`;

/**
 * @typedef {object} RecordingRule
 * @property {string} record
 * @property {(time: import('./durations.mjs').Durations) => string} expr
 */

/** @type {readonly RecordingRule[]} */
export const RECORDING_RULES = [
  {
    record: 'workflow:reprise_runs_failed:ratio_rate15m',
    expr: ({ span }) =>
      `sum by (workflow) (rate(reprise_runs_finished_total{status="failed"}[${span('15m')}])) / sum by (workflow) (rate(reprise_runs_finished_total[${span('15m')}]))`,
  },
  {
    record: 'call:reprise_retries:rate10m',
    expr: ({ span }) => `sum by (call) (rate(reprise_retries_total[${span('10m')}]))`,
  },
  {
    record: 'call:reprise_attempts:rate10m',
    expr: ({ span }) => `sum by (call) (rate(reprise_attempts_total[${span('10m')}]))`,
  },
  ...WINDOWS.map((window) => ({
    record: lateRatio(window),
    expr: (/** @type {import('./durations.mjs').Durations} */ { span }) =>
      `1 - sum(rate(reprise_retry_lateness_seconds_bucket{${le(LATE_AFTER_SECONDS)}}[${span(window)}])) / sum(rate(reprise_retry_lateness_seconds_count[${span(window)}]))`,
  })),
];
