const build = (/** @type {string} */ service) => `reprise_build_info{service="${service}",version="0.1.0",node="v22"}`;
const leader = (/** @type {string} */ instance) => `reprise_leader{role="monitor",instance="${instance}"}`;
const dependency = (/** @type {string} */ name, /** @type {string} */ instance) =>
  `reprise_dependency_up{dependency="${name}",service="scheduler",instance="${instance}"}`;
const blocked = 'reprise_broker_blocked{service="scheduler",instance="a"}';
const UP = 'up{job="reprise-monitor",instance="10.0.0.1:3000"}';

/** Both ways, for each of the two. @param {string} alert @param {string} name @returns {import('../rule-tests.mjs').Case} */
const downCase = (alert, name) => ({
  alert,
  fires: {
    why: 'one of two has lost it',
    series: { [dependency(name, 'a')]: '1x5 0x20', [dependency(name, 'b')]: '1x25' },
    at: '10m',
    alerts: [{ labels: { service: 'scheduler' } }],
  },
  quiet: [
    { why: 'all have it', series: { [dependency(name, 'a')]: '1x25' }, at: '10m' },
    { why: 'a connection was made anew', series: { [dependency(name, 'a')]: '1x5 0 1x20' }, at: '6m' },
    {
      why: 'another one is away',
      series: { [dependency(name === 'postgres' ? 'rabbitmq' : 'postgres', 'a')]: '0x25', [dependency(name, 'a')]: '1x25' },
      at: '10m',
    },
  ],
});

const BROKER_DOWN = downCase('RepriseBrokerDown', 'rabbitmq');

/** @type {readonly import('../rule-tests.mjs').Case[]} */
export const SERVICE_CASES = [
  {
    alert: 'RepriseInstanceDown',
    fires: {
      why: 'it cannot be scraped',
      series: { [UP]: '1x5 0x20', 'up{job="node",instance="x"}': '0x25' },
      at: '10m',
      alerts: [{ labels: { job: 'reprise-monitor', instance: '10.0.0.1:3000' } }],
    },
    quiet: [
      { why: 'it answers', series: { [UP]: '1x25' }, at: '10m' },
      { why: 'one scrape failed', series: { [UP]: '1x5 0 1x20' }, at: '6m' },
    ],
  },
  {
    alert: 'RepriseServiceMissing',
    fires: {
      why: 'no scheduler at all',
      series: { [build('monitor')]: '1x20', [build('trigger')]: '1x20', [build('executor')]: '1x20' },
      at: '10m',
      alerts: [{ labels: { service: 'scheduler' } }],
    },
    quiet: [
      {
        why: 'the one scheduler was started anew',
        series: {
          [build('monitor')]: '1x20',
          [build('trigger')]: '1x20',
          [build('scheduler')]: '1x5 stale 1x20',
          [build('executor')]: '1x20',
        },
        at: '6m',
      },
      {
        why: 'one of each',
        series: {
          [build('monitor')]: '1x20',
          [build('trigger')]: '1x20',
          [build('scheduler')]: '1x20',
          [build('executor')]: '1x20',
        },
        at: '10m',
      },
    ],
  },
  {
    alert: 'RepriseNoLeader',
    fires: {
      why: 'two monitors, and neither leads',
      series: { [leader('a')]: '1x5 0x20', [leader('b')]: '0x25' },
      at: '10m',
      alerts: [{ labels: { role: 'monitor' } }],
    },
    quiet: [
      { why: 'the other one is about to take over', series: { [leader('a')]: '1x5 0x20', [leader('b')]: '0x6 1x20' }, at: '6m' },
      { why: 'one leads', series: { [leader('a')]: '1x25', [leader('b')]: '0x25' }, at: '10m' },
    ],
  },
  {
    alert: 'RepriseTwoLeaders',
    fires: {
      why: 'both lead',
      series: { [leader('a')]: '1x25', [leader('b')]: '0x5 1x20' },
      at: '10m',
      alerts: [{ labels: { role: 'monitor' }, value: '2' }],
    },
    quiet: [
      { why: 'one leads', series: { [leader('a')]: '1x25', [leader('b')]: '0x25' }, at: '10m' },
      { why: 'scrapes of both sides of a change', series: { [leader('a')]: '1x6 0x20', [leader('b')]: '0x5 1x20' }, at: '6m' },
    ],
  },
  {
    ...BROKER_DOWN,
    quiet: [
      ...BROKER_DOWN.quiet,
      {
        why: 'it takes no messages, which is told as that',
        series: { [dependency('rabbitmq', 'a')]: '0x25', [blocked]: '1x25' },
        at: '10m',
      },
    ],
  },
  downCase('RepriseDatabaseDown', 'postgres'),
  {
    alert: 'RepriseBrokerBlocked',
    fires: {
      why: 'publishing is blocked',
      series: { [blocked]: '0x5 1x20' },
      at: '10m',
      alerts: [{ labels: { service: 'scheduler' } }],
    },
    quiet: [
      { why: 'it is not', series: { [blocked]: '0x25' }, at: '10m' },
      { why: 'it was for a moment', series: { [blocked]: '0x5 1 0x20' }, at: '6m' },
    ],
  },
];
