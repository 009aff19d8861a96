const finished = (/** @type {string} */ workflow, /** @type {string} */ status) =>
  `reprise_runs_finished_total{workflow="${workflow}",status="${status}"}`;
const attempts = (/** @type {string} */ outcome) =>
  `reprise_attempts_total{workflow="orders",call="bank.pay",outcome="${outcome}"}`;
const RETRIES = 'reprise_retries_total{workflow="orders",call="bank.pay",reason="http.503"}';
const slots = (/** @type {string} */ state) => `reprise_executor_slots{service="executor",state="${state}"}`;
const firings = (/** @type {string} */ bound) => `reprise_schedule_lateness_seconds_bucket{le="${bound}"}`;
const FIRINGS = 'reprise_schedule_lateness_seconds_count';

/** @type {readonly import('../rule-tests.mjs').Case[]} */
export const RUN_CASES = [
  {
    alert: 'RepriseRunsFailing',
    fires: {
      why: 'every fourth run fails',
      series: {
        [finished('orders', 'failed')]: '0+1x40',
        [finished('orders', 'succeeded')]: '0+3x40',
        [finished('refunds', 'succeeded')]: '0+3x40',
      },
      at: '30m',
      alerts: [{ labels: { workflow: 'orders' }, value: '25%' }],
    },
    quiet: [
      {
        why: 'one in twenty',
        series: { [finished('orders', 'failed')]: '0+1x40', [finished('orders', 'succeeded')]: '0+19x40' },
        at: '30m',
      },
      {
        why: 'it has not lasted five minutes',
        series: { [finished('orders', 'failed')]: '0x20 0+5x20', [finished('orders', 'succeeded')]: '0+3x40' },
        at: '24m',
      },
      {
        why: 'nothing ended',
        series: { [finished('orders', 'failed')]: '9x40', [finished('orders', 'succeeded')]: '9x40' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'RepriseRetryStorm',
    fires: {
      why: 'two of three attempts are retried, a retry each second',
      series: { [RETRIES]: '0+60x40', [attempts('failed')]: '0+60x40', [attempts('succeeded')]: '0+30x40' },
      at: '30m',
      alerts: [{ labels: { call: 'bank.pay' }, value: '1' }],
    },
    quiet: [
      { why: 'few of many', series: { [RETRIES]: '0+60x40', [attempts('succeeded')]: '0+600x40' }, at: '30m' },
      {
        why: 'it has begun five minutes ago',
        series: { [RETRIES]: '0x20 0+60x20', [attempts('failed')]: '0x20 0+60x20' },
        at: '25m',
      },
      { why: 'all, but few', series: { [RETRIES]: '0+6x40', [attempts('failed')]: '0+6x40' }, at: '30m' },
    ],
  },
  {
    alert: 'RepriseBreakerOpen',
    fires: {
      why: 'the bank has been down for ten minutes',
      series: { 'reprise_breaker_open{dependency="bank",instance="a"}': '1x20' },
      at: '10m',
      alerts: [{ labels: { dependency: 'bank' }, value: '1' }],
    },
    quiet: [
      { why: 'all is well', series: { 'reprise_breaker_open{dependency="bank",instance="a"}': '0x20' }, at: '10m' },
      {
        why: 'it was away for two minutes',
        series: { 'reprise_breaker_open{dependency="bank",instance="a"}': '1 1 1 0x20' },
        at: '2m',
      },
    ],
  },
  {
    alert: 'RepriseTasksParked',
    fires: {
      why: 'two tasks wait',
      series: { 'reprise_tasks_parked{workflow="orders",instance="a"}': '2x20' },
      at: '10m',
      alerts: [{ labels: { workflow: 'orders' }, value: '2' }],
    },
    quiet: [
      { why: 'none waits', series: { 'reprise_tasks_parked{workflow="orders",instance="a"}': '0x20' }, at: '10m' },
      {
        why: 'somebody decides at once',
        series: { 'reprise_tasks_parked{workflow="orders",instance="a"}': '2 2 2 0x20' },
        at: '2m',
      },
    ],
  },
  {
    alert: 'RepriseAttemptsLost',
    fires: {
      why: 'an executor has died',
      series: { [attempts('lost')]: '0x10 5x10' },
      at: '15m',
      alerts: [{ labels: { workflow: 'orders', call: 'bank.pay' }, value: '5' }],
    },
    quiet: [
      { why: 'the loss is an hour old', series: { [attempts('lost')]: '0x10 5x90' }, at: '80m' },
      {
        why: 'attempts fail, but none is lost',
        series: { [attempts('failed')]: '0+9x20', [attempts('lost')]: '0x20' },
        at: '15m',
      },
    ],
  },
  {
    alert: 'RepriseAttemptsStuck',
    fires: {
      why: 'all slots are taken and nothing ends',
      series: { [slots('busy')]: '8x60', [slots('free')]: '0x60', [attempts('succeeded')]: '0+5x10 50x50' },
      at: '45m',
      alerts: [{ labels: {}, value: '8' }],
    },
    quiet: [
      {
        why: 'all slots are taken, and attempts end',
        series: { [slots('busy')]: '8x60', [slots('free')]: '0x60', [attempts('succeeded')]: '0+5x60' },
        at: '45m',
      },
      {
        why: 'a slot is free',
        series: { [slots('busy')]: '7x60', [slots('free')]: '1x60', [attempts('succeeded')]: '50x60' },
        at: '45m',
      },
      {
        why: 'the slots were filled ten minutes ago',
        series: { [slots('busy')]: '0x30 8x30', [slots('free')]: '8x30 0x30', [attempts('succeeded')]: '50x60' },
        at: '41m',
      },
      { why: 'nothing is to be done', series: { [slots('busy')]: '0x60', [slots('free')]: '0x60' }, at: '45m' },
    ],
  },
  {
    alert: 'RepriseSchedulesMissed',
    fires: {
      why: 'three instants were left out',
      series: { 'reprise_schedule_missed_total{service="trigger"}': '0x10 3x30' },
      at: '25m',
      alerts: [{ labels: {}, value: '3' }],
    },
    quiet: [
      { why: 'that was hours ago', series: { 'reprise_schedule_missed_total{service="trigger"}': '0x10 3x200' }, at: '3h' },
      { why: 'none was', series: { 'reprise_schedule_missed_total{service="trigger"}': '0x60' }, at: '25m' },
    ],
  },
  {
    alert: 'RepriseSchedulesLate',
    fires: {
      why: 'every second firing is more than a minute late',
      series: { [firings('60')]: '0+1x40', [FIRINGS]: '0+2x40' },
      at: '30m',
      alerts: [{ labels: {}, value: '50%' }],
    },
    quiet: [
      { why: 'one in twenty', series: { [firings('60')]: '0+19x40', [FIRINGS]: '0+20x40' }, at: '30m' },
      {
        why: 'all are late, since a few minutes',
        series: { [firings('60')]: '0+2x20 40x20', [FIRINGS]: '0+2x40' },
        at: '24m',
      },
      { why: 'nothing fires', series: { [firings('60')]: '3x40', [FIRINGS]: '7x40' }, at: '30m' },
      { why: 'as Prometheus 3 writes the bound', series: { [firings('60.0')]: '0+2x40', [FIRINGS]: '0+2x40' }, at: '30m' },
    ],
  },
];
