import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { AmqpStrategy, BrokerConnection } from '@reprise/broker';
import { SHARDS } from '@reprise/contracts';
import { Database, migrate } from '@reprise/ledger';
import { connectBackends, type RunningService, runService, type ServiceContext } from '@reprise/service';
import { RunInboxConsumer } from './run-inbox.consumer.js';
import { SchedulerPipeline } from './scheduler-pipeline.js';
import { TimersConsumer } from './timers.consumer.js';

@Module({})
export class SchedulerModule {
  static forRoot(pipeline: SchedulerPipeline): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [RunInboxConsumer, TimersConsumer],
      providers: [{ provide: SchedulerPipeline, useValue: pipeline }],
    };
  }
}

/** Messages of up to 100 outcomes each. */
const INBOX_PREFETCH = 40;
const TIMERS_PREFETCH = 2_000;

/** Starts the decider: inboxes and timers, over its own pool and its own connections. */
export async function startScheduler(context: ServiceContext): Promise<RunningService> {
  const { settings, logger, health, drain } = context;
  const database = new Database({
    url: settings.databaseUrl,
    applicationName: 'reprise scheduler',
    poolSize: settings.databasePool,
  });
  const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
  const connection = new BrokerConnection({ url: settings.amqpUrl, topology, logger, name: 'reprise scheduler' });
  const pipeline = new SchedulerPipeline(context, database, connection);
  const { names } = connection;
  const inbox = Array.from({ length: SHARDS }, (_, shard) => names.inboxQueue(shard));
  const strategy = new AmqpStrategy({
    connection,
    logger,
    consumers: {
      inbox: { queues: inbox, prefetch: INBOX_PREFETCH, maxBatch: INBOX_PREFETCH / 2, concurrency: 2 },
      timers: { queues: [names.timersQueue], prefetch: TIMERS_PREFETCH },
    },
  });
  return runService({
    context,
    module: SchedulerModule.forRoot(pipeline),
    connect: async (app: INestApplication, signal) => {
      // Registered first: a service that is stopped while it waits for its backends must let go of them too.
      drain.onDrain('stop consuming', 'inbox and timers', () => strategy.close());
      drain.onDrain('close channels', 'scheduler channels', () => pipeline.stop());
      drain.onDrain('close channels', 'broker', () => connection.close());
      drain.onDrain('close pools', 'database', () => database.close());
      await connectBackends({ database, connection, health, logger, signal, migrate });
      await pipeline.start();
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
      await app.startAllMicroservices();
    },
  });
}
