const QUANTILES = [0.5, 0.95, 0.99];

/** @param {string} metric @param {string} selector */
const quantiles = (metric, selector) =>
  QUANTILES.map(
    (q) =>
      /** @type {const} */ ([
        `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${selector}[$__rate_interval])))`,
        `p${q * 100}`,
      ]),
  );

const CHOSEN = '{workflow=~"$workflow"}';

/** @type {import('./dashboards.mjs').Dashboard} */
export const WORKFLOW = {
  file: 'reprise-workflow',
  title: 'Reprise: workflow',
  description: 'One workflow, or several: how much, how long, how often it fails and why.',
  variables: [{ name: 'workflow', label: 'Workflow', metric: 'reprise_runs_started_total' }],
  rows: [
    {
      title: 'Runs',
      panels: [
        {
          kind: 'stacked',
          title: 'Started',
          description: 'Runs started per second, by workflow and by what started them.',
          unit: 'ops',
          queries: [
            [
              `sum by (workflow, trigger) (rate(reprise_runs_started_total${CHOSEN}[$__rate_interval]))`,
              '{{workflow}} by {{trigger}}',
            ],
          ],
        },
        {
          kind: 'stacked',
          title: 'Ended',
          description: 'Runs ended per second, by how.',
          unit: 'ops',
          queries: [
            [
              `sum by (workflow, status) (rate(reprise_runs_finished_total${CHOSEN}[$__rate_interval]))`,
              '{{workflow}} {{status}}',
            ],
          ],
        },
        {
          kind: 'lines',
          title: 'Share of failed runs',
          description: 'Of the runs that ended in the last 15 minutes. Above 10% there is an alert.',
          unit: 'percentunit',
          max: 1,
          alerts: ['RepriseRunsFailing'],
          queries: [[`workflow:reprise_runs_failed:ratio_rate15m${CHOSEN}`, '{{workflow}}']],
        },
        {
          kind: 'lines',
          title: 'Duration of runs',
          description: 'From start to end, of runs that ended; waits for people and timers are in it.',
          unit: 's',
          queries: quantiles('reprise_run_duration_seconds', CHOSEN),
        },
      ],
    },
    {
      title: 'Attempts',
      panels: [
        {
          kind: 'stacked',
          title: 'Attempts',
          description: 'Ended attempts per second, by call and outcome.',
          unit: 'ops',
          alerts: ['RepriseAttemptsLost', 'RepriseAttemptsStuck'],
          queries: [[`sum by (call, outcome) (rate(reprise_attempts_total${CHOSEN}[$__rate_interval]))`, '{{call}} {{outcome}}']],
        },
        {
          kind: 'stacked',
          title: 'Retries',
          description: 'Retries scheduled per second, by call and error code.',
          unit: 'ops',
          alerts: ['RepriseRetryStorm'],
          queries: [[`sum by (call, reason) (rate(reprise_retries_total${CHOSEN}[$__rate_interval]))`, '{{call}} {{reason}}']],
        },
        {
          kind: 'lines',
          title: 'Parked tasks',
          description: 'Tasks that wait for a person to decide.',
          unit: 'short',
          alerts: ['RepriseTasksParked'],
          queries: [[`sum by (workflow) (reprise_tasks_parked${CHOSEN})`, '{{workflow}}']],
        },
        {
          kind: 'table',
          title: 'Since the last success',
          description: 'How long ago a run of each workflow last succeeded.',
          unit: 's',
          queries: [[`time() - max by (workflow) (reprise_workflow_last_success_timestamp_seconds${CHOSEN})`]],
        },
      ],
    },
  ],
};
