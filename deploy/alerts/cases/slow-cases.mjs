// Windows of hours: looked at every five minutes, or promtool takes half a minute.
const ON_TIME = 'reprise_retry_lateness_seconds_bucket{le="1"}';
const RETRIES = 'reprise_retry_lateness_seconds_count';
const DUPLICATES = 'reprise_duplicates_suppressed_total{kind="run_key"}';
const STALE = 'reprise_stale_writes_rejected_total{service="scheduler"}';

/** @type {readonly import('../rule-tests.mjs').Case[]} */
export const SLOW_CASES = [
  {
    alert: 'RepriseRetriesLateFast',
    fires: {
      why: 'a fifth is late for an hour',
      series: { [ON_TIME]: '0+8x90', [RETRIES]: '0+10x90' },
      at: '70m',
      alerts: [{ labels: {}, value: '20%' }],
    },
    quiet: [
      { why: 'a fifth is late, since five minutes', series: { [ON_TIME]: '0+8x90', [RETRIES]: '0+10x90' }, at: '5m' },
      { why: 'a tenth is late', series: { [ON_TIME]: '0+9x90', [RETRIES]: '0+10x90' }, at: '70m' },
      {
        why: 'it was bad, and has been good for ten minutes',
        series: { [ON_TIME]: '0+8x60 490+10x30', [RETRIES]: '0+10x90' },
        at: '70m',
      },
      { why: 'nothing is retried', series: { [ON_TIME]: '8x90', [RETRIES]: '9x90' }, at: '70m' },
    ],
  },
  {
    alert: 'RepriseRetriesLateMedium',
    fires: {
      why: 'a tenth is late for hours',
      series: { [ON_TIME]: '0+9x400', [RETRIES]: '0+10x400' },
      at: '380m',
      alerts: [{ labels: {}, value: '10%' }],
    },
    quiet: [
      { why: 'a tenth is late, since five minutes', series: { [ON_TIME]: '0+9x90', [RETRIES]: '0+10x90' }, at: '5m' },
      { why: 'a twentieth is late', series: { [ON_TIME]: '0+19x400', [RETRIES]: '0+20x400' }, at: '380m' },
      {
        why: 'it has been good for an hour',
        series: { [ON_TIME]: '0+8x300 2410+10x100', [RETRIES]: '0+10x400' },
        at: '360m',
      },
    ],
  },
  {
    alert: 'RepriseRetriesLateSlow',
    fires: {
      why: 'one in fifty is late, all the time',
      series: { [ON_TIME]: '0+49x600', [RETRIES]: '0+50x600' },
      at: '9h',
      alerts: [{ labels: {}, value: '2%' }],
    },
    quiet: [
      { why: 'one in fifty is late, since less than an hour', series: { [ON_TIME]: '0+49x90', [RETRIES]: '0+50x90' }, at: '50m' },
      { why: 'one in two hundred', series: { [ON_TIME]: '0+199x600', [RETRIES]: '0+200x600' }, at: '9h' },
      {
        why: 'it has been good for seven hours',
        series: { [ON_TIME]: '0+9x120 1090+10x480', [RETRIES]: '0+10x600' },
        at: '9h10m',
      },
    ],
  },
  {
    alert: 'RepriseDuplicatesSpike',
    fires: {
      why: 'ten times as many as before',
      series: { [DUPLICATES]: '0+10x300 3100+100x40' },
      at: '330m',
      alerts: [{ labels: { kind: 'run_key' }, value: '1.667' }],
    },
    quiet: [
      { why: 'they have only begun', series: { [DUPLICATES]: '0+10x300 3100+100x40' }, at: '306m' },
      { why: 'as many as ever', series: { [DUPLICATES]: '0+100x340' }, at: '330m' },
      { why: 'ten times as many, and still few', series: { [DUPLICATES]: '0+1x300 310+10x40' }, at: '330m' },
    ],
  },
  {
    alert: 'RepriseStaleWritesSpike',
    fires: {
      why: 'one each second, where there was none',
      series: { [STALE]: '0x100 0+60x40' },
      at: '120m',
      alerts: [{ labels: {}, value: '1' }],
    },
    quiet: [
      { why: 'they have only begun', series: { [STALE]: '0x100 0+60x40' }, at: '106m' },
      { why: 'one now and then', series: { [STALE]: '0x100 0+1x40' }, at: '120m' },
      { why: 'as many as ever', series: { [STALE]: '0+60x140' }, at: '120m' },
    ],
  },
];
