import { type DynamicModule, type INestApplication, Module } from '@nestjs/common';
import { AmqpStrategy, BrokerConnection } from '@reprise/broker';
import { SHARDS } from '@reprise/contracts';
import { Database, migrate } from '@reprise/ledger';
import { connectBackends, type RunningService, runService, type ServiceContext } from '@reprise/service';
import { AnswerRequests } from './gate/answer-requests.js';
import { GateConsumer } from './gate/gate.consumer.js';
import { RunInboxConsumer } from './run-inbox.consumer.js';
import { SchedulerPipeline } from './scheduler-pipeline.js';
import { SchedulerMembership } from './shards/scheduler-membership.js';
import { ShareInboxes } from './shards/share-inboxes.js';
import { TimersConsumer } from './timers.consumer.js';

@Module({})
export class SchedulerModule {
  static forRoot(pipeline: SchedulerPipeline, share: ShareInboxes, gate: AnswerRequests): DynamicModule {
    return {
      module: SchedulerModule,
      controllers: [RunInboxConsumer, TimersConsumer, GateConsumer],
      providers: [
        { provide: SchedulerPipeline, useValue: pipeline },
        { provide: ShareInboxes, useValue: share },
        { provide: AnswerRequests, useValue: gate },
      ],
    };
  }
}

/** Messages of up to 100 outcomes each. */
const INBOX_PREFETCH = 40;
const TIMERS_PREFETCH = 2_000;
const GATE_PREFETCH = 300;

/** Starts the decider: inboxes and timers, over its own pool and its own connections. */
export async function startScheduler(context: ServiceContext): Promise<RunningService> {
  const { settings, logger, health, metrics, drain } = context;
  const database = new Database({
    url: settings.databaseUrl,
    applicationName: 'reprise scheduler',
    poolSize: settings.databasePool,
  });
  const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
  const connection = new BrokerConnection({
    url: settings.amqpUrl,
    topology,
    migrateQueues: settings.migrateQueues === 'on',
    logger,
    name: 'reprise scheduler',
  });
  const pipeline = new SchedulerPipeline(context, database, connection, (shard) => membership.share.placeOf(shard));
  const gate = new AnswerRequests(context, database, connection, (delivery, reason) =>
    pipeline.buryMessage('gate', delivery, reason),
  );
  const { names } = connection;
  const inbox = Array.from({ length: SHARDS }, (_, shard) => names.inboxQueue(shard));
  const strategy = new AmqpStrategy({
    connection,
    logger,
    consumers: {
      inbox: { queues: inbox, prefetch: INBOX_PREFETCH, maxBatch: INBOX_PREFETCH / 2, concurrency: 2 },
      timers: { queues: [names.timersQueue], prefetch: TIMERS_PREFETCH },
      gate: { queues: [names.gateQueue], prefetch: GATE_PREFETCH, maxBatch: GATE_PREFETCH / 3, concurrency: 2 },
    },
  });
  const membership = new SchedulerMembership(context, database, connection, strategy);
  return runService({
    context,
    module: SchedulerModule.forRoot(pipeline, membership.share, gate),
    connect: async (app: INestApplication, signal) => {
      // Registered first: a service that is stopped while it waits for its backends must let go of them too.
      // Both at once: a ledger that does not answer must not keep the others from what this one lets go of.
      drain.onDrain('stop consuming', 'inbox, timers and gate', () => Promise.all([strategy.close(), membership.leave()]));
      drain.onDrain('close channels', 'scheduler channels', async () => {
        await Promise.all([gate.close(), membership.close()]);
        await pipeline.stop();
      });
      drain.onDrain('close channels', 'broker', () => connection.close());
      drain.onDrain('close pools', 'database', () => database.close());
      await connectBackends({ database, connection, health, metrics, logger, signal, migrate });
      await pipeline.start();
      app.connectMicroservice({ strategy }, { inheritAppConfig: false });
      await app.startAllMicroservices();
      await membership.start();
    },
  });
}
