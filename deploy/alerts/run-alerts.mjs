// Alerts about work: runs, attempts, schedules.

/** @type {readonly import('./alerts.mjs').Alert[]} */
export const RUN_ALERTS = [
  {
    name: 'RepriseRunsFailing',
    severity: 'warning',
    for: '5m',
    expr: () => 'workflow:reprise_runs_failed:ratio_rate15m > 0.1',
    value: 'share',
    summary: 'Runs of {{ $labels.workflow }} fail',
    description: '{{ value }} of the runs of {{ $labels.workflow }} that ended in the last 15 minutes have failed.',
    prevents: 'business work that silently stays undone: a failed run is not tried again by itself',
  },
  {
    name: 'RepriseRetryStorm',
    severity: 'warning',
    for: '10m',
    expr: () => 'call:reprise_retries:rate10m > 0.2 and call:reprise_retries:rate10m / call:reprise_attempts:rate10m > 0.5',
    value: 'perSecond',
    summary: 'More than half of the attempts of {{ $labels.call }} are retried',
    description:
      '{{ value }} retries per second of {{ $labels.call }} are scheduled, more than half as many as there are attempts.',
    prevents:
      'a dependency that is down or overloaded being kept down by the retries, and runs that use up their budgets together',
  },
  {
    name: 'RepriseBreakerOpen',
    severity: 'warning',
    for: '5m',
    expr: () => 'sum by (dependency) (reprise_breaker_open) > 0',
    value: 'number',
    summary: 'Calls that depend on {{ $labels.dependency }} wait',
    description:
      'The circuit breaker of {{ $labels.dependency }} is not closed: it has failed too often, or somebody has opened it.',
    prevents: 'runs that wait unseen for something that is down, or for a breaker that somebody opened and forgot',
  },
  {
    name: 'RepriseTasksParked',
    severity: 'warning',
    for: '5m',
    expr: () => 'sum by (workflow) (reprise_tasks_parked) > 0',
    value: 'number',
    summary: 'Tasks of {{ $labels.workflow }} are parked',
    description: '{{ value }} tasks of {{ $labels.workflow }} wait for a person to decide.',
    prevents: 'runs that wait for ever: nothing but a person ends a parked task',
  },
  {
    name: 'RepriseAttemptsLost',
    severity: 'warning',
    expr: ({ span }) => `sum by (workflow, call) (increase(reprise_attempts_total{outcome="lost"}[${span('15m')}])) > 0`,
    value: 'number',
    summary: 'Attempts of {{ $labels.call }} get lost',
    description: 'About {{ value }} attempts of {{ $labels.call }} in {{ $labels.workflow }} were lost in the last 15 minutes.',
    prevents: 'work that is done twice, and tasks that are parked once they have been lost too often',
  },
  {
    name: 'RepriseAttemptsStuck',
    severity: 'warning',
    for: '15m',
    expr: ({ span }) =>
      `sum(reprise_executor_slots{state="busy"}) > 0 and sum(reprise_executor_slots{state="free"}) == 0 unless sum(rate(reprise_attempts_total[${span('15m')}])) > 0`,
    value: 'number',
    summary: 'All slots are busy and no attempt ends',
    description: 'All {{ value }} slots of the executors are taken, and no attempt has ended for 15 minutes.',
    prevents: 'handlers that hang without a timeout taking the last slot, so that nothing runs any more',
  },
  {
    name: 'RepriseSchedulesMissed',
    severity: 'warning',
    expr: ({ span }) => `sum(increase(reprise_schedule_missed_total[${span('30m')}])) > 0`,
    value: 'number',
    summary: 'Instants of schedules were missed',
    description: 'About {{ value }} instants of schedules were left out in the last 30 minutes.',
    prevents: 'a nightly job that nobody knows has not run',
  },
  {
    name: 'RepriseSchedulesLate',
    severity: 'warning',
    for: '5m',
    expr: ({ span }) =>
      `1 - sum(rate(reprise_schedule_lateness_seconds_bucket{le=~"60(\\\\.0)?"}[${span('15m')}])) / sum(rate(reprise_schedule_lateness_seconds_count[${span('15m')}])) > 0.1`,
    value: 'share',
    summary: 'Schedules fire more than a minute late',
    description: '{{ value }} of the firings of the last 15 minutes were more than a minute late.',
    prevents: 'work that is due at a time being done at another one',
  },
];
