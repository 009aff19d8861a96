import type { Metrics } from '../metrics/metrics.js';
import type { Health } from './health.js';

export interface Shown {
  readonly health: Pick<Health, 'report'>;
  readonly metrics: Metrics;
  /** The broker, as it is now. */
  readonly broker: () => { readonly kind: string };
  /** Aborted when the service is told to stop. */
  readonly signal: AbortSignal;
}

const DEPENDENCIES = ['postgres', 'rabbitmq'] as const;
const ASKED_EVERY_MS = 5_000;
/** While one is away: that it is back is news. */
const ASKED_AGAIN_MS = 1_000;

/** What readiness says of each dependency, as gauges. Asked on an interval and not by the scrape: a database that hangs must not take the metrics with it. */
export function showDependencies({ health, metrics, broker, signal }: Shown): void {
  let timer: NodeJS.Timeout | undefined;
  const show = (up: (dependency: string) => boolean): boolean => {
    for (const dependency of DEPENDENCIES) metrics.gauge('reprise_dependency_up', { dependency }).set(up(dependency) ? 1 : 0);
    return DEPENDENCIES.every(up);
  };
  const ask = async (): Promise<void> => {
    const { checks } = await health.report();
    const areUp = show((dependency) => checks[dependency]?.ok === true);
    if (!signal.aborted) timer = setTimeout(() => void ask(), areUp ? ASKED_EVERY_MS : ASKED_AGAIN_MS).unref();
  };
  show(() => false);
  metrics.onScrape(() => metrics.gauge('reprise_broker_blocked').set(broker().kind === 'blocked' ? 1 : 0));
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  void ask();
}
