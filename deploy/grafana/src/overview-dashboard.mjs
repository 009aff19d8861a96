import { LATE_AFTER_SECONDS, lateRatio } from '../../alerts/recording-rules.mjs';

const BAD_ABOVE_0 = /** @type {const} */ ([
  [null, 'green'],
  [1, 'red'],
]);

/** @type {import('./dashboards.mjs').Dashboard} */
export const OVERVIEW = {
  file: 'reprise-overview',
  title: 'Reprise: overview',
  description: 'Is everything as it should be, and if not, where to look.',
  variables: [],
  rows: [
    {
      title: 'Now',
      panels: [
        {
          kind: 'stat',
          title: 'Alerts firing',
          description: 'Alerts of Reprise that fire in Prometheus.',
          unit: 'short',
          colors: BAD_ABOVE_0,
          queries: [['count(ALERTS{app="reprise", alertstate="firing"}) or vector(0)']],
        },
        {
          kind: 'stat',
          title: 'Runs in progress',
          description: 'Runs that have begun and not ended; paused and queued ones are not among them.',
          unit: 'short',
          queries: [['sum(reprise_runs{status="running"})']],
        },
        {
          kind: 'stat',
          title: 'Failed in the last hour',
          description: 'The share of the runs that ended in the last hour which failed.',
          unit: 'percentunit',
          colors: [
            [null, 'green'],
            [0.05, 'orange'],
            [0.1, 'red'],
          ],
          alerts: ['RepriseRunsFailing'],
          queries: [
            [
              '(sum(increase(reprise_runs_finished_total{status="failed"}[1h])) or vector(0)) / clamp_min(sum(increase(reprise_runs_finished_total[1h])), 1)',
            ],
          ],
        },
        {
          kind: 'stat',
          title: 'Parked tasks',
          width: 3,
          description: 'Tasks that wait for a person.',
          unit: 'short',
          colors: BAD_ABOVE_0,
          alerts: ['RepriseTasksParked'],
          queries: [['sum(reprise_tasks_parked) or vector(0)']],
        },
        {
          kind: 'stat',
          title: 'Open breakers',
          width: 3,
          description: 'Dependencies whose circuit breaker is not closed: attempts that need them wait.',
          unit: 'short',
          colors: BAD_ABOVE_0,
          alerts: ['RepriseBreakerOpen'],
          queries: [['sum(reprise_breaker_open) or vector(0)']],
        },
        {
          kind: 'stat',
          title: 'Dead letters',
          width: 3,
          description: 'Messages that nobody could handle and nobody has settled.',
          unit: 'short',
          colors: BAD_ABOVE_0,
          alerts: ['RepriseDeadLetters'],
          queries: [['max(reprise_dead_letters)']],
        },
        {
          kind: 'stat',
          title: 'Oldest waiting attempt',
          width: 3,
          description: 'How long the attempt that has waited longest, in any queue, has been ready.',
          unit: 's',
          colors: [
            [null, 'green'],
            [30, 'orange'],
            [60, 'red'],
          ],
          alerts: ['RepriseReadyTooLong'],
          queries: [['max(reprise_queue_oldest_age_seconds)']],
        },
      ],
    },
    {
      title: 'Work',
      panels: [
        {
          kind: 'stacked',
          title: 'Runs started',
          description: 'Runs started per second, by what started them.',
          unit: 'ops',
          queries: [['sum by (trigger) (rate(reprise_runs_started_total[$__rate_interval]))', '{{trigger}}']],
        },
        {
          kind: 'stacked',
          title: 'Runs ended',
          description: 'Runs ended per second, by how.',
          unit: 'ops',
          alerts: ['RepriseRunsFailing'],
          queries: [['sum by (status) (rate(reprise_runs_finished_total[$__rate_interval]))', '{{status}}']],
        },
        {
          kind: 'lines',
          title: 'Runs that have not ended',
          description: 'By state. `queued` ones wait for a place of their concurrency key.',
          unit: 'short',
          queries: [['sum by (status) (reprise_runs)', '{{status}}']],
        },
        {
          kind: 'stacked',
          title: 'Events',
          description: 'Trigger events per second, by what became of them. `rejected` ones are dead letters or refused requests.',
          unit: 'ops',
          alerts: ['RepriseDeadLetters'],
          queries: [['sum by (outcome) (rate(reprise_trigger_events_total[$__rate_interval]))', '{{outcome}}']],
        },
      ],
    },
    {
      title: 'Retries',
      panels: [
        {
          kind: 'lines',
          title: 'Attempts and retries',
          description: 'Per second. Retries near the attempts mean that nearly everything is repeated.',
          unit: 'ops',
          alerts: ['RepriseRetryStorm', 'RepriseAttemptsLost'],
          queries: [
            ['sum by (outcome) (rate(reprise_attempts_total[$__rate_interval]))', '{{outcome}}'],
            ['sum(rate(reprise_retries_total[$__rate_interval]))', 'retries'],
          ],
        },
        {
          kind: 'lines',
          title: 'Late retries',
          description: `The share of the retries that started more than ${LATE_AFTER_SECONDS} s after they were due. The objective is 1% over 30 days.`,
          unit: 'percentunit',
          alerts: ['RepriseRetriesLateFast', 'RepriseRetriesLateMedium', 'RepriseRetriesLateSlow'],
          queries: ['5m', '1h', '6h', '3d'].map((window) => /** @type {const} */ ([lateRatio(window), `over ${window}`])),
        },
      ],
    },
  ],
};
