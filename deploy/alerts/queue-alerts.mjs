// Alerts about waiting: queues, executors, lateness of retries, messages.
import { LATENESS_OBJECTIVE, lateRatio } from './recording-rules.mjs';

/** How fast the error budget of 30 days is spent; see https://sre.google/workbook/alerting-on-slos/ (multi-window, multi-burn-rate). */
const burnsFasterThan = (/** @type {number} */ factor, /** @type {readonly string[]} */ windows) => {
  const limit = Number((factor * (1 - LATENESS_OBJECTIVE)).toFixed(6));
  return windows.map((window) => `${lateRatio(window)} > ${limit}`).join(' and ');
};

/** More than at other times: many of them are nothing bad where callers repeat themselves by habit. */
const spike = (/** @type {string} */ metric, /** @type {string} */ by, /** @type {number} */ least) =>
  function expr(/** @type {import('./durations.mjs').Durations} */ { span }) {
    const now = `sum${by}(rate(${metric}[${span('10m')}]))`;
    return `${now} > ${least} unless ${now} < 5 * sum${by}(rate(${metric}[${span('6h')}] offset ${span('10m')}))`;
  };

const BURN = {
  value: 'share',
  description: '{{ value }} of the retries start more than a second after they are due; the objective is 1% over 30 days.',
};

/** @type {readonly import('./alerts.mjs').Alert[]} */
export const QUEUE_ALERTS = [
  {
    name: 'RepriseExecutorsMissing',
    severity: 'critical',
    for: '2m',
    expr: () => 'max by (queue) (reprise_executors) == 0',
    summary: 'No executor reads queue {{ $labels.queue }}',
    description: 'Work waits for queue {{ $labels.queue }}, and no live executor reads it.',
    prevents:
      'a whole queue standing still because its last executor is gone, or because a document names a queue that nobody reads',
  },
  {
    name: 'RepriseReadyTooLong',
    severity: 'warning',
    for: '5m',
    expr: ({ seconds }) => `max by (queue) (reprise_queue_oldest_age_seconds) > ${seconds('1m')}`,
    value: 'duration',
    summary: 'Attempts wait too long in {{ $labels.queue }}',
    description: 'The oldest attempt in queue {{ $labels.queue }} has waited {{ value }} for an executor.',
    prevents: 'a backlog that only grows, and tasks that end with TIMEOUT because of `timeout.queue`',
  },
  {
    name: 'RepriseRetriesLateFast',
    severity: 'critical',
    for: '2m',
    expr: () => burnsFasterThan(14.4, ['1h', '5m']),
    summary: 'Retries are late: 2% of the error budget in an hour',
    ...BURN,
    prevents:
      'the scheduler, the broker or the database falling behind unseen; at this pace the budget of a month lasts two days',
  },
  {
    name: 'RepriseRetriesLateMedium',
    severity: 'critical',
    for: '5m',
    expr: () => burnsFasterThan(6, ['6h', '30m']),
    summary: 'Retries are late: 5% of the error budget in six hours',
    ...BURN,
    prevents: 'retries that are late for hours unseen; at this pace the budget of a month lasts five days',
  },
  {
    name: 'RepriseRetriesLateSlow',
    severity: 'warning',
    for: '1h',
    expr: () => burnsFasterThan(1, ['3d', '6h']),
    summary: 'Retries are late: 10% of the error budget in three days',
    ...BURN,
    prevents: 'a little lateness all the time, which no other alert sees',
  },
  {
    name: 'RepriseDeadLetters',
    severity: 'warning',
    for: '5m',
    expr: () => 'max(reprise_dead_letters) > 0',
    value: 'number',
    summary: 'Dead letters wait for a decision',
    description: '{{ value }} messages could not be handled and wait for a decision.',
    prevents: 'events and starts that are lost to the business though no message is lost',
  },
  {
    name: 'RepriseReconcilerBusy',
    severity: 'warning',
    for: '10m',
    expr: ({ span }) =>
      `sum by (kind) (rate(reprise_reconciled_total{kind=~"ticket|outcome|unannounced|command|notice"}[${span('10m')}])) > 0.05`,
    value: 'perSecond',
    summary: 'The watch finds stuck work ({{ $labels.kind }})',
    description:
      '{{ value }} rows per second ({{ $labels.kind }}) are set going again by the watch, which is there for lost messages.',
    prevents: 'messages that get lost all the time: everything goes on, but seconds later than it could',
  },
  {
    name: 'RepriseDuplicatesSpike',
    severity: 'warning',
    for: '10m',
    expr: spike('reprise_duplicates_suppressed_total', ' by (kind) ', 0.5),
    value: 'perSecond',
    summary: 'Many duplicates ({{ $labels.kind }})',
    description: '{{ value }} duplicates per second ({{ $labels.kind }}), five times what was usual in the last six hours.',
    prevents: 'a caller or a broker that repeats itself: what has a key is done once, what has none is not',
  },
  {
    name: 'RepriseStaleWritesSpike',
    severity: 'warning',
    for: '5m',
    expr: spike('reprise_stale_writes_rejected_total', '', 0.1),
    value: 'perSecond',
    summary: 'Replaced processes try to write',
    description: '{{ value }} writes per second come from attempts that have been replaced, and are refused.',
    prevents:
      'work that is done twice: executors that stand still for longer than their lease go on without knowing that they were replaced',
  },
];
