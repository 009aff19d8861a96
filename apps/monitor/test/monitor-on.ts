import { type Clock, createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import type { TestBroker, TestDatabase } from '@reprise/testing';
import { startMonitor } from '../src/monitor.module.js';

export interface MonitorOptions {
  readonly clock?: Clock;
  /** Over those that every test has. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly triggerUrl?: () => string;
}

/** A monitor as it runs, on a ledger and a broker of the test's own. */
export function monitorOn(
  db: TestDatabase,
  broker: TestBroker,
  { clock, environment = {}, triggerUrl }: MonitorOptions = {},
): Promise<RunningService> {
  const settings = readSettings(
    {
      DATABASE_URL: db.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_QUEUE_TYPE: 'classic',
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: '0',
      REPRISE_DATABASE_POOL: '4',
      ...environment,
    },
    'monitor',
  );
  const parts = { logger: silentLogger, metrics: new Metrics({ service: 'monitor', nodeDefaults: false }) };
  const context = createServiceContext('monitor', settings, clock === undefined ? parts : { ...parts, clock });
  return startMonitor(context, { supervised: false, ...(triggerUrl === undefined ? {} : { triggerUrl }) });
}
