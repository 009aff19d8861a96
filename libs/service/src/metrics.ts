import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
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
  /** Put on every series as the label `service`. */
  readonly service: string;
  readonly version?: string;
  /** Event-loop lag, garbage collection, memory, CPU; default true. Off in tests that create many. */
  readonly nodeDefaults?: boolean;
  /** Most series of one metric; what comes later is counted under `_other`. Default 1,000. */
  readonly maxSeries?: number;
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

  constructor(options: MetricsOptions) {
    this.registry.setDefaultLabels({ service: options.service });
    if (options.nodeDefaults !== false) collectDefaultMetrics({ register: this.registry });
    for (const name of Object.keys(METRICS_TABLE) as MetricName[]) this.declare(name, options.maxSeries ?? 1_000);
    this.gauge('reprise_build_info', { version: options.version ?? '0.1.0', node: process.version }).set(1);
  }

  counter<N extends CounterName>(name: N, ...[labels]: LabelArguments<N>): BoundCounter {
    return indexed(this.counters, name).get(labels);
  }

  gauge<N extends GaugeName>(name: N, ...[labels]: LabelArguments<N>): BoundGauge {
    return indexed(this.gauges, name).get(labels);
  }

  histogram<N extends HistogramName>(name: N, ...[labels]: LabelArguments<N>): BoundHistogram {
    return indexed(this.histograms, name).get(labels);
  }

  /** Sets all series of a gauge at once: those not named any more disappear (a queue that was deleted, a role given up). */
  replaceGauge<N extends GaugeName>(name: N, rows: readonly { readonly labels: LabelsOf<N>; readonly value: number }[]): void {
    this.gaugeMetrics.get(name)?.reset();
    const index = indexed(this.gauges, name);
    index.clear();
    for (const row of rows) index.get(row.labels).set(row.value);
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

  private declare(name: MetricName, maxSeries: number): void {
    const row = metricRow(name);
    const labelNames = Object.keys(row.labels);
    const fields = { name, help: row.help, labelNames, registers: [this.registry] };
    switch (row.type) {
      case 'counter': {
        const metric = new Counter(fields);
        this.counters.set(name, new SeriesIndex(row.labels, maxSeries, (values) => new PendingCounter(metric.labels(...values))));
        break;
      }
      case 'gauge': {
        const metric = new Gauge(fields);
        this.gaugeMetrics.set(name, metric);
        this.gauges.set(name, new SeriesIndex(row.labels, maxSeries, (values) => metric.labels(...values)));
        break;
      }
      case 'histogram': {
        const metric = new Histogram({ ...fields, buckets: [...(row.buckets ?? [])] });
        this.histograms.set(name, new SeriesIndex(row.labels, maxSeries, (values) => metric.labels(...values)));
        break;
      }
    }
  }
}

function indexed<T>(indexes: ReadonlyMap<string, SeriesIndex<T>>, name: string): SeriesIndex<T> {
  const found = indexes.get(name);
  if (found === undefined) throw new Error(`no metric ${name} in METRICS_TABLE`);
  return found;
}
