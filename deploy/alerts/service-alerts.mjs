// Alerts about what Reprise runs on: its processes, the broker, the database.

const SERVICES = ['monitor', 'trigger', 'scheduler', 'executor'];

/** @type {readonly import('./alerts.mjs').Alert[]} */
export const SERVICE_ALERTS = [
  {
    name: 'RepriseInstanceDown',
    severity: 'warning',
    for: '2m',
    expr: () => 'up{job=~".*reprise.*"} == 0',
    summary: '{{ $labels.instance }} does not answer',
    description: '{{ $labels.instance }} ({{ $labels.job }}) cannot be scraped.',
    prevents: 'a replica that is gone unseen until the last one goes too',
  },
  {
    name: 'RepriseServiceMissing',
    severity: 'critical',
    for: '2m',
    expr: () => SERVICES.map((service) => `absent(reprise_build_info{service="${service}"})`).join(' or '),
    summary: 'No {{ $labels.service }} is running',
    description: 'Prometheus sees not one {{ $labels.service }}: none runs, or none is scraped.',
    prevents:
      'one of the four services being away as a whole, and the rest of these alerts being silent because nothing is measured',
  },
  {
    name: 'RepriseNoLeader',
    severity: 'critical',
    for: '2m',
    expr: () => 'sum by (role) (reprise_leader) == 0 or absent(reprise_leader{role="monitor"})',
    summary: 'Nobody leads as {{ $labels.role }}',
    description: 'No process holds the lease of {{ $labels.role }}.',
    prevents: 'figures of the whole installation missing (and with them other alerts), and housekeeping that nobody does',
  },
  {
    name: 'RepriseTwoLeaders',
    severity: 'critical',
    for: '2m',
    expr: () => 'sum by (role) (reprise_leader) > 1',
    value: 'number',
    summary: '{{ value }} processes lead as {{ $labels.role }}',
    description:
      '{{ value }} processes say that they lead as {{ $labels.role }}. One of them does not know better, or two installations are mixed up.',
    prevents: 'figures that are counted twice, and a process that cannot reach the database but believes it leads',
  },
  {
    name: 'RepriseBrokerDown',
    severity: 'critical',
    for: '1m',
    expr: () =>
      // While the broker blocks publishing it counts as away; that is an alert of its own.
      'min by (service) (reprise_dependency_up{dependency="rabbitmq"}) == 0 unless max by (service) (reprise_broker_blocked) == 1',
    summary: 'A {{ $labels.service }} has no RabbitMQ',
    description: 'At least one {{ $labels.service }} is not connected to RabbitMQ.',
    prevents: 'an outage that callers notice first: nothing starts or goes on until the broker is back',
  },
  {
    name: 'RepriseDatabaseDown',
    severity: 'critical',
    for: '1m',
    expr: () => 'min by (service) (reprise_dependency_up{dependency="postgres"}) == 0',
    summary: 'A {{ $labels.service }} has no Postgres',
    description: 'At least one {{ $labels.service }} gets no answer from Postgres.',
    prevents: 'an outage that callers notice first: nothing is decided, and attempts that cannot renew their leases are lost',
  },
  {
    name: 'RepriseBrokerBlocked',
    severity: 'critical',
    for: '1m',
    expr: () => 'max by (service) (reprise_broker_blocked) == 1',
    summary: 'RabbitMQ takes no messages',
    description: 'RabbitMQ has blocked publishing by {{ $labels.service }}: it is short of memory or disk.',
    prevents: 'attempts that end but cannot be reported, until the broker stops altogether',
  },
];
