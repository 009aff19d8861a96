import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { AmqpStrategy, BrokerConnection } from '@reprise/broker';
import { Database, KeepMember, MemberStore, migrate } from '@reprise/ledger';
import { connectBackends, type RunningService, runService, type ServiceContext, VERSION } from '@reprise/service';
import { ChildStartsConsumer } from './amqp/child-starts.consumer.js';
import { TriggerEventsConsumer } from './amqp/trigger-events.consumer.js';
import { EventsController } from './http/events.controller.js';
import { refuseWhileBlocked } from './http/refuse-while-blocked.js';
import { RerunsController } from './http/reruns.controller.js';
import { RunsController } from './http/runs.controller.js';
import { SchedulesController } from './http/schedules.controller.js';
import { WebhooksController } from './http/webhooks.controller.js';
import { WorkflowsController } from './http/workflows.controller.js';
import { SERVICE_CONTEXT } from './pipeline/service-context.token.js';
import { TriggerPipeline } from './pipeline/trigger-pipeline.js';
import { Schedules } from './schedules/schedules.js';

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
  const { settings, logger, clock, health, metrics, drain } = context;
  const database = new Database({
    url: settings.databaseUrl,
    applicationName: 'reprise trigger',
    poolSize: settings.databasePool,
  });
  const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
  const connection = new BrokerConnection({
    url: settings.amqpUrl,
    topology,
    migrateQueues: settings.migrateQueues === 'on',
    logger,
    name: 'reprise trigger',
  });
  const pipeline = new TriggerPipeline(context, database, connection);
  const consumers = {
    trigger: { queues: [connection.names.triggerQueue], prefetch: EVENTS_PREFETCH, maxBatch: EVENTS_BATCH, concurrency: 2 },
    starts: { queues: [connection.names.startsQueue], prefetch: STARTS_PREFETCH, maxBatch: EVENTS_BATCH, concurrency: 2 },
  };
  const strategy = new AmqpStrategy({ connection, logger, consumers });
  const member = new KeepMember({
    members: new MemberStore(database),
    id: `trigger-${clock.uuid()}`,
    service: 'trigger',
    info: () => ({ version: VERSION, clockMs: clock.now() }),
    onError: (error) => logger.warn({ error }, 'this trigger could not say that it is alive'),
  });
  return runService({
    context,
    module: TriggerModule.forRoot(context, pipeline),
    prepare: (app) => void app.use(refuseWhileBlocked(connection)),
    connect: async (app: INestApplication, signal) => {
      // Registered first: a service that is stopped while it waits for its backends must let go of them too.
      drain.onDrain('stop consuming', 'events', () => strategy.close());
      drain.onDrain('close channels', 'trigger channels', () => pipeline.stop());
      drain.onDrain('close channels', 'broker', () => connection.close());
      drain.onDrain('close channels', 'member', () => member.stop());
      drain.onDrain('close pools', 'database', () => database.close());
      await connectBackends({ database, connection, health, metrics, logger, signal, migrate });
      await pipeline.start();
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
      await app.startAllMicroservices();
      await member.start();
    },
  });
}
