import { type Clock, systemClock } from './clock.js';
import { Health } from './health/health.js';
import { createLogger, type Logger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { Drain } from './process/drain.js';
import { type Settings, settingsOf } from './settings/settings.js';
import type { ServiceName } from './settings/settings-table.js';
import { type Tracing, tracingOf } from './tracing/tracing.js';

/** What every part of a service is built with. One per service, also when four share a process. */
export interface ServiceContext {
  readonly name: ServiceName;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly drain: Drain;
  /** null: spans are sent nowhere. */
  readonly tracing: Tracing | null;
}

export function createServiceContext(
  name: ServiceName,
  settings: Settings,
  parts: Partial<Omit<ServiceContext, 'name' | 'settings'>> = {},
): ServiceContext {
  const logger =
    parts.logger ?? createLogger({ service: name, level: settings.logLevel, pretty: settings.logFormat === 'pretty' });
  const drain = parts.drain ?? new Drain(logger);
  const tracing = parts.tracing === undefined ? tracingOf(settings, name, logger) : parts.tracing;
  // Among the last: what ends on the way down is told too.
  if (tracing !== null) drain.onDrain('close pools', 'spans', () => tracing.close());
  return Object.freeze({
    name,
    settings: settingsOf(settings, name),
    logger,
    clock: parts.clock ?? systemClock,
    metrics: parts.metrics ?? new Metrics({ service: name }),
    health: parts.health ?? new Health(),
    drain,
    tracing,
  });
}
