import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../version.js';
import { SeriesIndex } from './metric-series.js';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelArguments,
  type LabelsOf,
  METRICS_TABLE,
  type MetricName,
  metricRow,
} from './metrics-table.js';

export interface MetricsOptions {
  /** Put on every series as the label `service`; its own metrics are there from the start, any other once it is fed. */
  readonly service: string;
  readonly version?: string;
  /** Event-loop lag, garbage collection, memory, CPU; default true. Off in tests that create many. */
  readonly nodeDefaults?: boolean;
  /** Of one metric, most combinations of names that users choose; what comes later is counted under `_other`. Default 1,000. */
  readonly maxCombinations?: number;
}

interface BoundCounter {
  inc(by?: number): void;
}
interface BoundGauge {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}
interface BoundHistogram {
  observe(seconds: number): void;
}

/** Gauges of prom-client with names that are only for counters. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** Counts in a plain field; handed to prom-client (which hashes the labels each time) only when somebody scrapes. */
class PendingCounter implements BoundCounter {
  private pending = 0;
  constructor(private readonly child: Counter.Internal) {
    child.inc(0);
  }
  inc(by = 1): void {
    this.pending += by;
  }
  flush(): void {
    if (this.pending === 0) return;
    this.child.inc(this.pending);
    this.pending = 0;
  }
}

/** The metrics of one service, in a registry of its own so that four services can share a process. */
export class Metrics {
  readonly registry = new Registry();
  private readonly counters = new Map<string, SeriesIndex<PendingCounter>>();
  private readonly gauges = new Map<string, SeriesIndex<BoundGauge>>();
  private readonly gaugeMetrics = new Map<string, Gauge>();
  private readonly histograms = new Map<string, SeriesIndex<BoundHistogram>>();
  private readonly beforeScrape: (() => unknown)[] = [];

  constructor(private readonly options: MetricsOptions) {
    this.registry.setDefaultLabels({ service: options.service });
    if (options.nodeDefaults !== false) collectDefaultMetrics({ register: this.registry });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    const names = Object.keys(METRICS_TABLE) as MetricName[];
    for (const name of names) if (metricRow(name).by.some((service) => service === options.service)) this.declare(name);
    this.gauge('reprise_build_info', { version: options.version ?? VERSION, node: process.version }).set(1);
  }

  counter<N extends CounterName>(name: N, ...[labels]: LabelArguments<N>): BoundCounter {
    return this.indexed(this.counters, name).get(labels);
  }

  gauge<N extends GaugeName>(name: N, ...[labels]: LabelArguments<N>): BoundGauge {
    return this.indexed(this.gauges, name).get(labels);
  }

  histogram<N extends HistogramName>(name: N, ...[labels]: LabelArguments<N>): BoundHistogram {
    return this.indexed(this.histograms, name).get(labels);
  }

  /** Sets all series of a gauge at once: those not named any more disappear (a queue that was deleted, a role given up). */
  replaceGauge<N extends GaugeName>(name: N, rows: readonly { readonly labels: LabelsOf<N>; readonly value: number }[]): void {
    const index = this.indexed(this.gauges, name);
    this.gaugeMetrics.get(name)?.reset();
    index.clear();
    const { other } = metricRow(name);
    const values = new Map<BoundGauge, number>();
    for (const { labels, value } of rows) {
      const series = index.get(labels);
      const before = values.get(series);
      values.set(series, before === undefined ? value : other === 'greatest' ? Math.max(before, value) : before + value);
    }
    for (const [series, value] of values) series.set(value);
  }

  /** Called before every scrape, to set gauges. One that fails or takes longer than 2 s is left behind. */
  onScrape(update: () => unknown): void {
    this.beforeScrape.push(update);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async metricsText(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, 2_000);
    });
    await Promise.race([Promise.allSettled(this.beforeScrape.map(async (update) => update())), late]);
    clearTimeout(timer);
    for (const index of this.counters.values()) for (const series of index.all()) series.flush();
    return this.registry.metrics();
  }

  private declare(name: MetricName): void {
    const { type, help, labels, buckets } = metricRow(name);
    const fields = { name, help, labelNames: Object.keys(labels), registers: [this.registry] };
    const bounds = { labels, maxCombinations: this.options.maxCombinations ?? 1_000 };
    switch (type) {
      case 'counter': {
        const metric = new Counter(fields);
        const create = (values: string[]) => new PendingCounter(metric.labels(...values));
        this.counters.set(name, new SeriesIndex({ ...bounds, create, whole: true }));
        break;
      }
      case 'gauge': {
        const metric = new Gauge(fields);
        this.gaugeMetrics.set(name, metric);
        this.gauges.set(name, new SeriesIndex({ ...bounds, create: (values) => metric.labels(...values), whole: false }));
        break;
      }
      case 'histogram': {
        const metric = new Histogram({ ...fields, buckets: [...(buckets ?? [])] });
        this.histograms.set(name, new SeriesIndex({ ...bounds, create: (values) => metric.labels(...values), whole: false }));
        break;
      }
    }
  }

  /** A metric of another service is declared when it is fed here: an executor may be embedded anywhere. */
  private indexed<T>(indexes: ReadonlyMap<string, SeriesIndex<T>>, name: MetricName): SeriesIndex<T> {
    if (!indexes.has(name)) this.declare(name);
    const found = indexes.get(name);
    if (found === undefined) throw new Error(`no metric ${name} in METRICS_TABLE`);
    return found;
  }
}
