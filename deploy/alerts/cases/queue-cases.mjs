const age = (/** @type {string} */ queue) => `reprise_queue_oldest_age_seconds{queue="${queue}"}`;
const reconciled = (/** @type {string} */ kind) => `reprise_reconciled_total{kind="${kind}"}`;

/** @type {readonly import('../rule-tests.mjs').Case[]} */
export const QUEUE_CASES = [
  {
    alert: 'RepriseExecutorsMissing',
    fires: {
      why: 'work waits where nobody reads',
      series: { 'reprise_executors{queue="payments"}': '2x5 0x20', 'reprise_executors{queue="default"}': '2x25' },
      at: '10m',
      alerts: [{ labels: { queue: 'payments' } }],
    },
    quiet: [
      { why: 'one reads it', series: { 'reprise_executors{queue="payments"}': '1x25' }, at: '10m' },
      { why: 'they were only started anew', series: { 'reprise_executors{queue="payments"}': '2x5 0 2x20' }, at: '6m' },
      {
        why: 'nobody reads and nothing waits: the series is not there',
        series: { 'reprise_executors{queue="default"}': '2x25' },
        at: '10m',
      },
    ],
  },
  {
    alert: 'RepriseReadyTooLong',
    fires: {
      why: 'the oldest has waited for two minutes and more',
      series: { [age('payments')]: '120x20', [age('default')]: '3x20' },
      at: '10m',
      alerts: [{ labels: { queue: 'payments' }, value: '2m 0s' }],
    },
    quiet: [
      { why: 'half a minute', series: { [age('payments')]: '30x20' }, at: '10m' },
      { why: 'a burst that is worked off', series: { [age('payments')]: '0x5 90x3 0x20' }, at: '8m' },
    ],
  },
  {
    alert: 'RepriseDeadLetters',
    fires: {
      why: 'three wait, and the other services say 0',
      series: { 'reprise_dead_letters{service="monitor"}': '3x20', 'reprise_dead_letters{service="trigger"}': '0x20' },
      at: '10m',
      alerts: [{ labels: {}, value: '3' }],
    },
    quiet: [
      { why: 'none waits', series: { 'reprise_dead_letters{service="monitor"}': '0x20' }, at: '10m' },
      { why: 'somebody settles it', series: { 'reprise_dead_letters{service="monitor"}': '3 3 3 0x20' }, at: '2m' },
    ],
  },
  {
    alert: 'RepriseReconcilerBusy',
    fires: {
      why: 'six tickets a minute had to be sent again',
      series: { [reconciled('ticket')]: '0+6x40' },
      at: '25m',
      alerts: [{ labels: { kind: 'ticket' }, value: '100m' }],
    },
    quiet: [
      { why: 'it has begun five minutes ago', series: { [reconciled('ticket')]: '0x20 0+60x20' }, at: '25m' },
      { why: 'one in a minute', series: { [reconciled('ticket')]: '0+1x40' }, at: '25m' },
      { why: 'waits longer than the delay wheel are its work', series: { [reconciled('timer')]: '0+60x40' }, at: '25m' },
    ],
  },
];
