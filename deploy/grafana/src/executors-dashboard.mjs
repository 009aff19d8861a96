const CHOSEN = '{queue=~"$queue"}';

/** @type {import('./dashboards.mjs').Dashboard} */
export const EXECUTORS = {
  file: 'reprise-executors',
  title: 'Reprise: executors and queues',
  description: 'Who works, who waits, and for how long.',
  variables: [{ name: 'queue', label: 'Queue', metric: 'reprise_queue_depth' }],
  rows: [
    {
      title: 'Queues',
      panels: [
        {
          kind: 'lines',
          title: 'Waiting',
          description: 'Attempts that wait for an executor.',
          unit: 'short',
          alerts: ['RepriseReadyTooLong'],
          queries: [[`max by (queue) (reprise_queue_depth${CHOSEN})`, '{{queue}}']],
        },
        {
          kind: 'lines',
          title: 'Oldest',
          description: 'The age of the attempt that has waited longest. Above a minute there is an alert.',
          unit: 's',
          alerts: ['RepriseReadyTooLong'],
          queries: [[`max by (queue) (reprise_queue_oldest_age_seconds${CHOSEN})`, '{{queue}}']],
        },
        {
          kind: 'lines',
          title: 'Wait for an executor',
          description: '95 of 100 attempts were claimed within this time.',
          unit: 's',
          queries: [
            [
              `histogram_quantile(0.95, sum by (queue, le) (rate(reprise_queue_wait_seconds_bucket${CHOSEN}[$__rate_interval])))`,
              '{{queue}}',
            ],
          ],
        },
        {
          kind: 'lines',
          title: 'Executors',
          description: 'Live executors that read each queue. 0 is shown where work waits and nobody reads.',
          unit: 'short',
          alerts: ['RepriseExecutorsMissing'],
          queries: [[`max by (queue) (reprise_executors${CHOSEN})`, '{{queue}}']],
        },
      ],
    },
    {
      title: 'Executors',
      panels: [
        {
          kind: 'stacked',
          title: 'Slots',
          description: 'Handlers that run, and how many more could.',
          unit: 'short',
          alerts: ['RepriseAttemptsStuck'],
          queries: [['sum by (state) (reprise_executor_slots)', '{{state}}']],
        },
        {
          kind: 'lines',
          title: 'Busy',
          description: 'The share of the slots that are taken. Near 100% for long: more executors, or more slots, will help.',
          unit: 'percentunit',
          max: 1,
          queries: [['sum(reprise_executor_slots{state="busy"}) / sum(reprise_executor_slots)', 'busy']],
        },
        {
          kind: 'lines',
          title: 'Duration of attempts',
          description: '95 of 100 attempts of each call ended within this time.',
          unit: 's',
          queries: [
            [
              'histogram_quantile(0.95, sum by (call, le) (rate(reprise_attempt_duration_seconds_bucket[$__rate_interval])))',
              '{{call}}',
            ],
          ],
        },
        {
          kind: 'lines',
          title: 'Attempts',
          description: 'Ended attempts per second, by outcome. `lost` ones had an executor that did not renew its lease.',
          unit: 'ops',
          alerts: ['RepriseAttemptsLost'],
          queries: [['sum by (outcome) (rate(reprise_attempts_total[$__rate_interval]))', '{{outcome}}']],
        },
      ],
    },
  ],
};
