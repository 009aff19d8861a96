import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { AmqpStrategy, BrokerConnection } from '@reprise/broker';
import { Database, migrate } from '@reprise/ledger';
import { connectBackends, type RunningService, runService, type ServiceContext } from '@reprise/service';
import { ChildStartsConsumer } from './child-starts.consumer.js';
import { EventsController } from './events.controller.js';
import { RerunsController } from './reruns.controller.js';
import { RunsController } from './runs.controller.js';
import { SchedulesController } from './schedules.controller.js';
import { Schedules } from './schedules.js';
import { SERVICE_CONTEXT } from './service-context.token.js';
import { TriggerEventsConsumer } from './trigger-events.consumer.js';
import { TriggerPipeline } from './trigger-pipeline.js';
import { WebhooksController } from './webhooks.controller.js';
import { WorkflowsController } from './workflows.controller.js';

@Module({})
export class TriggerModule {
  static forRoot(context: ServiceContext, pipeline: TriggerPipeline): DynamicModule {
    return {
      module: TriggerModule,
      controllers: [
        EventsController,
        RunsController,
        RerunsController,
        WebhooksController,
        WorkflowsController,
        SchedulesController,
        TriggerEventsConsumer,
        ChildStartsConsumer,
      ],
      providers: [
        { provide: TriggerPipeline, useValue: pipeline },
        { provide: Schedules, useValue: pipeline.schedules },
        { provide: SERVICE_CONTEXT, useValue: context },
      ],
    };
  }
}

const EVENTS_PREFETCH = 1_000;
const EVENTS_BATCH = 250;
const STARTS_PREFETCH = 500;

/** Starts the service that takes everything that starts a run. */
export async function startTrigger(context: ServiceContext): Promise<RunningService> {
  const { settings, logger, health, drain } = context;
  const database = new Database({
    url: settings.databaseUrl,
    applicationName: 'reprise trigger',
    poolSize: settings.databasePool,
  });
  const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
  const connection = new BrokerConnection({ url: settings.amqpUrl, topology, logger, name: 'reprise trigger' });
  const pipeline = new TriggerPipeline(context, database, connection);
  const consumers = {
    trigger: { queues: [connection.names.triggerQueue], prefetch: EVENTS_PREFETCH, maxBatch: EVENTS_BATCH, concurrency: 2 },
    starts: { queues: [connection.names.startsQueue], prefetch: STARTS_PREFETCH, maxBatch: EVENTS_BATCH, concurrency: 2 },
  };
  const strategy = new AmqpStrategy({ connection, logger, consumers });
  return runService({
    context,
    module: TriggerModule.forRoot(context, pipeline),
    connect: async (app: INestApplication, signal) => {
      // Registered first: a service that is stopped while it waits for its backends must let go of them too.
      drain.onDrain('stop consuming', 'events', () => strategy.close());
      drain.onDrain('close channels', 'trigger channels', () => pipeline.stop());
      drain.onDrain('close channels', 'broker', () => connection.close());
      drain.onDrain('close pools', 'database', () => database.close());
      await connectBackends({ database, connection, health, logger, signal, migrate });
      await pipeline.start();
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
      await app.startAllMicroservices();
    },
  });
}
