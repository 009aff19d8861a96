import { startExecutor } from '@reprise/executor';
import { startMonitor } from '@reprise/monitor';
import { startScheduler } from '@reprise/scheduler';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import { TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from '@reprise/trigger';

type ServiceName = 'monitor' | 'trigger' | 'scheduler' | 'executor';

/** The four services in this process, so that a test can also look at what they have registered. `end` leaves nothing behind. */
export class RunningServices {
  private constructor(
    readonly database: TestDatabase,
    readonly broker: TestBroker,
    private readonly services: readonly RunningService[],
  ) {}

  static async start(): Promise<RunningServices> {
    const database = await TestDatabase.create();
    const broker = new TestBroker();
    const environment = {
      DATABASE_URL: database.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_QUEUE_TYPE: 'classic',
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: '0',
      REPRISE_DATABASE_POOL: '4',
    };
    const context = (name: ServiceName) => {
      const metrics = new Metrics({ service: name, nodeDefaults: false });
      return createServiceContext(name, readSettings(environment, name), { logger: silentLogger, metrics });
    };
    const trigger = await startTrigger(context('trigger'));
    const services = await Promise.all([
      startScheduler(context('scheduler')),
      startExecutor(context('executor')),
      startMonitor(context('monitor'), { triggerUrl: () => trigger.url, supervised: false }),
    ]);
    return new RunningServices(database, broker, [trigger, ...services]);
  }

  named(name: ServiceName): RunningService {
    const service = this.services.find((each) => each.name === name);
    if (service === undefined) throw new Error(`no ${name} runs`);
    return service;
  }

  async end(): Promise<void> {
    const reports = await Promise.all(this.services.map((service) => service.close()));
    await this.broker.end(['default']);
    await this.database.end();
    if (!reports.every(({ clean }) => clean)) throw new Error('a service did not close cleanly');
  }
}
