import { type Clock, systemClock } from './clock.js';
import { Drain } from './drain.js';
import { Health } from './health.js';
import { createLogger, type Logger } from './logger.js';
import { Metrics } from './metrics.js';
import { type Settings, settingsOf } from './settings.js';
import type { ServiceName } from './settings-table.js';

/** What every part of a service is built with. One per service, also when four share a process. */
export interface ServiceContext {
  readonly name: ServiceName;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly drain: Drain;
}

export function createServiceContext(
  name: ServiceName,
  settings: Settings,
  parts: Partial<Omit<ServiceContext, 'name' | 'settings'>> = {},
): ServiceContext {
  const logger =
    parts.logger ?? createLogger({ service: name, level: settings.logLevel, pretty: settings.logFormat === 'pretty' });
  return Object.freeze({
    name,
    settings: settingsOf(settings, name),
    logger,
    clock: parts.clock ?? systemClock,
    metrics: parts.metrics ?? new Metrics({ service: name }),
    health: parts.health ?? new Health(),
    drain: parts.drain ?? new Drain(logger),
  });
}
