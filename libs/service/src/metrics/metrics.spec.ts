import { describe, expect, test } from '@jest/globals';
import { Metrics } from './metrics.js';
import { METRICS_TABLE, metricsTable } from './metrics-table.js';

/** Reads the text format strictly; answers each series (name and labels) with its value. */
function parseExposition(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    if (/^# (HELP|TYPE) \S+ .+/.test(line)) continue;
    const match = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})?) (-?[\d.e+-]+|Na[Nn]|[+-]Inf)$/.exec(line);
    if (match === null) throw new Error(`not the text format: ${line}`);
    if (series.has(match[1] ?? '')) throw new Error(`twice: ${line}`);
    series.set(match[1] ?? '', Number(match[2]));
  }
  return series;
}

/** Of an attempt. */
const OUTCOMES = 6;

describe('metrics', () => {
  test('two services in one process: both texts parse, no series comes twice, each has its own label and numbers', async () => {
    const trigger = new Metrics({ service: 'trigger' });
    const executor = new Metrics({ service: 'executor' });
    trigger.counter('reprise_trigger_events_total', { outcome: 'accepted' }).inc(3);
    executor.counter('reprise_attempts_total', { workflow: 'w', call: 'http', outcome: 'succeeded' }).inc();
    const [one, two] = [parseExposition(await trigger.metricsText()), parseExposition(await executor.metricsText())];
    expect(one.get('reprise_trigger_events_total{outcome="accepted",service="trigger"}')).toBe(3);
    expect(two.get('reprise_attempts_total{workflow="w",call="http",outcome="succeeded",service="executor"}')).toBe(1);
    expect([...one.keys()].some((key) => key.startsWith('reprise_attempts_total'))).toBe(false);
    for (const [series, service] of [
      [one, 'trigger'],
      [two, 'executor'],
    ] as const) {
      expect([...series.keys()].every((key) => key.includes(`service="${service}"`))).toBe(true);
      expect([...series.keys()].some((key) => key.startsWith('nodejs_eventloop_lag_seconds'))).toBe(true);
    }
  });

  test('counters count on between scrapes and never twice', async () => {
    const metrics = new Metrics({ service: 's', nodeDefaults: false });
    const counter = metrics.counter('reprise_stale_writes_rejected_total');
    counter.inc();
    await metrics.metricsText();
    counter.inc(2);
    await metrics.metricsText();
    expect(parseExposition(await metrics.metricsText()).get('reprise_stale_writes_rejected_total{service="s"}')).toBe(3);
    expect(metrics.counter('reprise_stale_writes_rejected_total')).toBe(counter);
  });

  test('histograms, gauges, and gauges replaced as a whole', async () => {
    const metrics = new Metrics({ service: 's', nodeDefaults: false });
    metrics.histogram('reprise_retry_lateness_seconds').observe(0.002);
    metrics.replaceGauge('reprise_queue_depth', [
      { labels: { queue: 'a' }, value: 1 },
      { labels: { queue: 'b' }, value: 2 },
    ]);
    metrics.replaceGauge('reprise_queue_depth', [{ labels: { queue: 'b' }, value: 3 }]);
    metrics.onScrape(() => metrics.gauge('reprise_dead_letters').set(7));
    metrics.onScrape(() => Promise.reject(new Error('database away')));
    const series = parseExposition(await metrics.metricsText());
    expect(series.get('reprise_retry_lateness_seconds_bucket{le="0.001",service="s"}')).toBe(0);
    expect(series.get('reprise_retry_lateness_seconds_bucket{le="0.0025",service="s"}')).toBe(1);
    expect(series.get('reprise_queue_depth{queue="b",service="s"}')).toBe(3);
    expect(series.has('reprise_queue_depth{queue="a",service="s"}')).toBe(false);
    expect(series.get('reprise_dead_letters{service="s"}')).toBe(7);
  });

  test('names that users choose cannot fill the memory: beyond the limit they are counted under _other', async () => {
    const metrics = new Metrics({ service: 's', nodeDefaults: false, maxCombinations: 10 });
    for (let at = 0; at < 500; at++) {
      metrics.counter('reprise_attempts_total', { workflow: `w${at}`, call: 'c"\\\n', outcome: 'failed' }).inc();
      metrics.histogram('reprise_run_duration_seconds', { workflow: `w${at}` }).observe(1);
    }
    const series = [...parseExposition(await metrics.metricsText())];
    const counted = series.filter(([key]) => key.startsWith('reprise_attempts_total'));
    expect(counted).toHaveLength(11 * OUTCOMES);
    expect(counted.reduce((sum, [, value]) => sum + value, 0)).toBe(500);
    expect(counted.find(([key, value]) => key.includes('_other') && value > 0)).toEqual([
      'reprise_attempts_total{workflow="_other",call="_other",outcome="failed",service="s"}',
      490,
    ]);
    const observed = series.filter(([key]) => key.startsWith('reprise_run_duration_seconds_count'));
    expect(observed).toHaveLength(11);
    expect(observed.find(([key]) => key.includes('_other'))?.[1]).toBe(490);
  });

  test('gauges that are replaced as a whole are bounded too; what is beyond comes to a sum, or to the greatest', async () => {
    const metrics = new Metrics({ service: 's', nodeDefaults: false, maxCombinations: 10 });
    const rows = Array.from({ length: 30 }, (_, at) => ({ labels: { queue: `q${at}` }, value: at }));
    const shown = async (name: string) =>
      [...parseExposition(await metrics.metricsText())].filter(([key]) => key.startsWith(name));
    // Again and again: what is beyond the limit must not push out what is within.
    for (let round = 0; round < 3; round += 1) {
      metrics.replaceGauge('reprise_queue_depth', rows);
      metrics.replaceGauge('reprise_queue_oldest_age_seconds', rows);
      const depths = await shown('reprise_queue_depth');
      expect(depths).toHaveLength(11);
      expect(depths).toContainEqual(['reprise_queue_depth{queue="q9",service="s"}', 9]);
      expect(depths).toContainEqual(['reprise_queue_depth{queue="_other",service="s"}', 390]);
      expect(await shown('reprise_queue_oldest')).toContainEqual([
        'reprise_queue_oldest_age_seconds{queue="_other",service="s"}',
        29,
      ]);
    }
    metrics.replaceGauge('reprise_queue_depth', []);
    expect(await shown('reprise_queue_depth')).toEqual([]);
  });

  test('a counter is at 0 before it counts: an increase from nothing is one that nobody sees', async () => {
    const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
    const series = () => metrics.metricsText().then(parseExposition);
    expect((await series()).get('reprise_trigger_events_total{outcome="rejected",service="trigger"}')).toBe(0);
    metrics.counter('reprise_attempts_total', { workflow: 'w', call: 'c', outcome: 'succeeded' }).inc();
    expect((await series()).get('reprise_attempts_total{workflow="w",call="c",outcome="lost",service="trigger"}')).toBe(0);
  });

  test('a service shows its own metrics and no others, but what is fed in it all the same', async () => {
    const names = async (metrics: Metrics) =>
      [...(await metrics.metricsText()).matchAll(/^# TYPE (reprise_\S+)/gm)].map(([, name]) => name);
    for (const service of ['trigger', 'scheduler', 'executor', 'monitor'] as const) {
      const own = Object.entries(METRICS_TABLE).filter(([, row]) => row.by.some((each) => each === service));
      expect(await names(new Metrics({ service, nodeDefaults: false }))).toEqual(own.map(([name]) => name));
    }
    const scheduler = new Metrics({ service: 'scheduler', nodeDefaults: false });
    scheduler.gauge('reprise_executor_slots', { state: 'free' }).set(1);
    expect(await names(scheduler)).toContain('reprise_executor_slots');
  });

  test('names follow the conventions and the Markdown table has each once', () => {
    for (const [name, row] of Object.entries(METRICS_TABLE)) {
      expect(name.startsWith('reprise_')).toBe(true);
      expect(name.endsWith('_total')).toBe(row.type === 'counter');
      if (row.type === 'histogram') expect(name.endsWith('_seconds')).toBe(true);
      expect(metricsTable().split(`| \`${name}\` |`)).toHaveLength(2);
    }
  });
});
