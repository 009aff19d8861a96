const CHOSEN = 'service=~"$service"';

/** @type {import('./dashboards.mjs').Dashboard} */
export const PLATFORM = {
  file: 'reprise-platform',
  title: 'Reprise: platform',
  description: 'The processes themselves, and what they run on.',
  variables: [{ name: 'service', label: 'Service', metric: 'reprise_build_info' }],
  rows: [
    {
      title: 'Services',
      panels: [
        {
          kind: 'stat',
          width: 8,
          title: 'Processes',
          description: 'How many of each service are scraped.',
          unit: 'short',
          alerts: ['RepriseServiceMissing', 'RepriseInstanceDown'],
          queries: [[`count by (service) (reprise_build_info{${CHOSEN}})`, '{{service}}']],
        },
        {
          kind: 'stat',
          width: 8,
          title: 'Leaders',
          description: 'How many processes lead, by role: one, always.',
          unit: 'short',
          colors: [
            [null, 'red'],
            [1, 'green'],
            [2, 'red'],
          ],
          alerts: ['RepriseNoLeader', 'RepriseTwoLeaders'],
          queries: [['sum by (role) (reprise_leader)', '{{role}}']],
        },
        {
          kind: 'table',
          width: 8,
          title: 'Builds',
          description: 'Which build and which Node each service runs.',
          unit: 'short',
          queries: [[`count by (service, version, node) (reprise_build_info{${CHOSEN}})`]],
        },
        {
          kind: 'lines',
          title: 'Postgres and RabbitMQ',
          description: '1: all processes of the service reach it. 0: at least one does not.',
          unit: 'short',
          max: 1,
          alerts: ['RepriseDatabaseDown', 'RepriseBrokerDown'],
          queries: [[`min by (service, dependency) (reprise_dependency_up{${CHOSEN}})`, '{{service}} {{dependency}}']],
        },
        {
          kind: 'lines',
          title: 'Publishing blocked',
          description: '1: RabbitMQ takes no messages from a process of this service, for it is short of memory or disk.',
          unit: 'short',
          max: 1,
          alerts: ['RepriseBrokerBlocked'],
          queries: [[`max by (service) (reprise_broker_blocked{${CHOSEN}})`, '{{service}}']],
        },
      ],
    },
    {
      title: 'What was mended',
      panels: [
        {
          kind: 'lines',
          title: 'Set going again',
          description:
            'Rows per second that the watch found. `timer` and `overdue` are its daily work; `ticket`, `outcome`, `notice`, `unannounced` and `command` mean that a message was lost.',
          unit: 'ops',
          alerts: ['RepriseReconcilerBusy'],
          queries: [['sum by (kind) (rate(reprise_reconciled_total[$__rate_interval]))', '{{kind}}']],
        },
        {
          kind: 'lines',
          title: 'Duplicates and stale writes',
          description: 'Per second, of what came twice and changed nothing, and of writes by attempts that had been replaced.',
          unit: 'ops',
          alerts: ['RepriseDuplicatesSpike', 'RepriseStaleWritesSpike'],
          queries: [
            ['sum by (kind) (rate(reprise_duplicates_suppressed_total[$__rate_interval]))', '{{kind}}'],
            ['sum(rate(reprise_stale_writes_rejected_total[$__rate_interval]))', 'stale writes'],
          ],
        },
        {
          kind: 'lines',
          title: 'Lateness of schedules',
          description: '95 of 100 firings were at most this late.',
          unit: 's',
          alerts: ['RepriseSchedulesLate'],
          queries: [
            ['histogram_quantile(0.95, sum by (le) (rate(reprise_schedule_lateness_seconds_bucket[$__rate_interval])))', 'p95'],
          ],
        },
        {
          kind: 'lines',
          title: 'Missed instants',
          description: 'Instants of schedules that were left out in the last hour.',
          unit: 'short',
          alerts: ['RepriseSchedulesMissed'],
          queries: [['sum(increase(reprise_schedule_missed_total[1h]))', 'missed']],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          kind: 'lines',
          title: 'CPU',
          description: 'Cores used by each process. A Node process uses little more than one.',
          unit: 'short',
          queries: [[`rate(process_cpu_seconds_total{${CHOSEN}}[$__rate_interval])`, '{{service}} {{instance}}']],
        },
        {
          kind: 'lines',
          title: 'Memory',
          description: 'Resident memory of each process.',
          unit: 'bytes',
          queries: [[`process_resident_memory_bytes{${CHOSEN}}`, '{{service}} {{instance}}']],
        },
        {
          kind: 'lines',
          title: 'Event loop',
          description: 'The 99th percentile of the delay of timers. Above a second a process cannot keep its leases.',
          unit: 's',
          alerts: ['RepriseStaleWritesSpike'],
          queries: [[`nodejs_eventloop_lag_p99_seconds{${CHOSEN}}`, '{{service}} {{instance}}']],
        },
        {
          kind: 'lines',
          title: 'Garbage collection',
          description: 'The share of the time that each process spends in it.',
          unit: 'percentunit',
          queries: [
            [
              `sum by (service, instance) (rate(nodejs_gc_duration_seconds_sum{${CHOSEN}}[$__rate_interval]))`,
              '{{service}} {{instance}}',
            ],
          ],
        },
      ],
    },
  ],
};
