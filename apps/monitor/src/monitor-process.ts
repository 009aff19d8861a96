import { BrokerConnection, type ExclusiveListener, Publisher } from '@reprise/broker';
import type { TopologyNames, TopologyOptions } from '@reprise/contracts';
import {
  AnswerApproval,
  ApprovalEvents,
  ApprovalViews,
  AttemptLogStore,
  BatchStore,
  CommandStore,
  Database,
  DependencyStore,
  EventStore,
  EventViews,
  ExamineDatabase,
  Gauges,
  MemberStore,
  migrate,
  NoticeStore,
  QueueStore,
  RecordedTasks,
  RetentionStore,
  RetryObstacles,
  RunViews,
  WatchStore,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { connectBackends, Loop, type ServiceContext } from '@reprise/service';
import { AnswerApprovals } from './approvals/answer-approval.js';
import { CreateBatch } from './batches/create-batch.js';
import { MonitorLetters } from './dead-letters/monitor-letters.js';
import { ExamineInstallation } from './doctor/examine-installation.js';
import { ExamineServices } from './doctor/examine-services.js';
import { ListQueues } from './queues/list-queues.js';
import { PauseQueue } from './queues/pause-queue.js';
import { ForwardToTrigger } from './requests/forward-to-trigger.js';
import { CommandRun } from './runs/command-run.js';
import { RetryRun } from './runs/retry-run.js';
import { SendEvent } from './runs/send-event.js';
import { SimulateRetry } from './simulations/simulate-retry.js';
import { RunStream } from './stream/run-stream.js';
import { DeleteEnded } from './watch/delete-ended.js';
import { GlobalGauges } from './watch/global-gauges.js';
import { Leader } from './watch/leader.js';
import { ReportDue } from './watch/report-due.js';
import { Retention } from './watch/retention.js';
import { RetentionPass } from './watch/retention-pass.js';
import { RunBatches } from './watch/run-batches.js';
import { TellPeople } from './watch/tell-people.js';

const WATCH_EVERY_MS = 1_000;
const BATCH_EVERY_MS = 250;
const BEAT_EVERY_MS = 15_000;
/** As often as Prometheus usually scrapes, or oftener. */
const GAUGES_EVERY_MS = 5_000;
/** One step of retention; and how long it rests when nothing is left to delete. */
const RETENTION_EVERY_MS = 100;
const RETENTION_PASS_EVERY_MS = 5 * 60_000;

/** Everything a monitor is made of, and the order in which it starts and stops. */
export class MonitorProcess {
  readonly views: RunViews;
  readonly events: EventViews;
  readonly workflows: WorkflowStore;
  readonly compiled: WorkflowCache;
  readonly letters: MonitorLetters;
  readonly stream: RunStream;
  private readonly heard: ExclusiveListener;
  readonly members: MemberStore;
  readonly queues: ListQueues;
  readonly logs: AttemptLogStore;
  readonly pauseQueue: PauseQueue;
  readonly dependencies: DependencyStore;
  readonly approvals: ApprovalViews;
  readonly answers: AnswerApprovals;
  readonly batches: BatchStore;
  readonly createBatch: CreateBatch;
  readonly commandRun: CommandRun;
  readonly retryRun: RetryRun;
  readonly simulateRetry: SimulateRetry;
  readonly sendEvent: SendEvent;
  readonly forward: ForwardToTrigger;
  readonly doctor: ExamineInstallation;
  private readonly database: Database;
  private readonly connection: BrokerConnection;
  private readonly publisher: Publisher;
  private readonly leader: Leader;
  private readonly loops: readonly Loop[];

  constructor(
    private readonly context: ServiceContext,
    triggerUrl: () => string,
  ) {
    const { settings, logger, clock, drain, metrics } = context;
    const database = new Database({
      url: settings.databaseUrl,
      applicationName: 'reprise monitor',
      poolSize: settings.databasePool,
    });
    const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
    const connection = this.brokerConnection(topology);
    const publisher = new Publisher(connection, { logger });
    const gauges = new Gauges(database);
    this.views = new RunViews(database);
    this.events = new EventViews(database);
    this.workflows = new WorkflowStore(database);
    this.compiled = new WorkflowCache(this.workflows);
    this.letters = new MonitorLetters(context, database, connection);
    this.members = new MemberStore(database);
    this.logs = new AttemptLogStore(database);
    const pauses = new QueueStore(database);
    this.queues = new ListQueues({ gauges, members: this.members, pauses, connection });
    const { names } = connection;
    this.stream = new RunStream({ epoch: clock.uuid().slice(0, 8), logger });
    this.heard = this.stream.listener(connection);
    this.dependencies = new DependencyStore(database);
    this.pauseQueue = new PauseQueue({ queues: pauses, publisher, names });
    this.approvals = new ApprovalViews(database);
    this.answers = new AnswerApprovals({ answers: new AnswerApproval(database), views: this.approvals, publisher, names });
    this.batches = new BatchStore(database);
    this.createBatch = new CreateBatch(this.batches, clock);
    this.commandRun = new CommandRun({ commands: new CommandStore(database), publisher, names, clock });
    const events = new EventStore(database);
    this.sendEvent = new SendEvent({ events, publisher, names: connection.names, clock });
    this.simulateRetry = new SimulateRetry(new RecordedTasks(database, this.compiled), this.workflows, this.compiled, clock);
    this.retryRun = new RetryRun(new RetryObstacles(database), this.commandRun);
    this.forward = new ForwardToTrigger({ triggerUrl, signal: drain.signal, logger });
    this.doctor = this.examiner(database, gauges, topology);
    this.leader = this.leading(database, events, gauges);
    const watch = new WatchStore(database);
    const notices = new NoticeStore(database);
    const report = new ReportDue({ watch, notices, gauges, members: this.members, connection, publisher, metrics, logger });
    const people = new TellPeople({ events: new ApprovalEvents(database), connection, publisher, logger });
    const batches = new RunBatches({ database, connection, publisher, leads: () => this.leader.isLeading, clock, logger });
    this.loops = [
      this.loop('the watch', WATCH_EVERY_MS, () => report.scan()),
      this.loop('redrives', WATCH_EVERY_MS, () => this.letters.resend.look()),
      this.loop('news of approvals', WATCH_EVERY_MS, () => people.tell()),
      this.loop('batches', BATCH_EVERY_MS, () => batches.look()),
      this.loop('retention', RETENTION_EVERY_MS, this.retention(database)),
      this.loop('the stream', BEAT_EVERY_MS, async () => this.stream.beat()),
      this.loop('the leader', settings.leaseMs / 3, () => this.leader.round()),
      this.loop('the gauges', Math.min(GAUGES_EVERY_MS, settings.leaseMs / 3), () => this.leader.showGauges()),
    ];
    this.database = database;
    this.connection = connection;
    this.publisher = publisher;
  }

  private brokerConnection(topology: TopologyOptions): BrokerConnection {
    const { settings, logger } = this.context;
    const migrateQueues = settings.migrateQueues === 'on';
    return new BrokerConnection({ url: settings.amqpUrl, topology, migrateQueues, logger, name: 'reprise monitor' });
  }

  private leading(database: Database, events: EventStore, gauges: Gauges): Leader {
    const { settings, metrics, clock, logger } = this.context;
    const { leaseMs, eventRetentionMs } = settings;
    return new Leader({
      id: `monitor-${clock.uuid()}`,
      leaseMs,
      events,
      eventRetentionMs,
      members: this.members,
      database,
      gauges: new GlobalGauges(metrics, gauges, this.letters.store, this.queues, this.dependencies),
      metrics,
      clock,
      logger,
    });
  }

  private examiner(database: Database, gauges: Gauges, topology: TopologyOptions): ExamineInstallation {
    const { settings, clock } = this.context;
    const { members, queues, workflows, compiled } = this;
    return new ExamineInstallation({
      amqpUrl: settings.amqpUrl,
      managementUrl: settings.rabbitmqManagementUrl,
      topology,
      database: new ExamineDatabase(database, settings.databasePool, () => clock.now()),
      services: new ExamineServices({ members, queues, gauges, letters: this.letters.store }),
      workflows,
      compiled,
      clock,
    });
  }

  get names(): TopologyNames {
    return this.connection.names;
  }

  /** Aborted when it begins to stop. */
  get draining(): AbortSignal {
    return this.context.drain.signal;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { drain, health, metrics, logger } = this.context;
    const { database, connection } = this;
    // Before anything is connected: a monitor that is told to stop while it waits must not go on trying.
    drain.onDrain('stop consuming', 'watch', () =>
      Promise.all([...this.loops.map((loop) => loop.stop()), this.letters.consumer.stop(), this.heard.stop()]),
    );
    drain.onDrain('close channels', 'publisher', () => Promise.all([this.publisher.close(), this.letters.close()]));
    drain.onDrain('close channels', 'broker', () => connection.close());
    drain.onDrain('close pools', 'leadership', () => (database.source.isInitialized ? this.leader.resign() : undefined));
    drain.onDrain('close pools', 'database', () => database.close());
    await connectBackends({ database, connection, health, metrics, logger, signal, migrate });
    for (const loop of this.loops) loop.start();
    await Promise.all([this.letters.consumer.start(), this.heard.start()]);
  }

  private retention(database: Database): () => Promise<'rest'> {
    const { settings, clock, metrics, logger } = this.context;
    const policy = {
      runsMs: settings.retentionMs,
      mostRuns: settings.retentionRuns,
      probesMs: settings.probeRetentionMs,
      keysMs: settings.keyRetentionMs,
    };
    const store = new RetentionStore(database);
    const deleteEnded = new DeleteEnded(database, clock);
    const begin = () => new RetentionPass({ database, store, deleteEnded, policy });
    const leads = () => this.leader.isLeading;
    const retention = new Retention({ begin, everyMs: RETENTION_PASS_EVERY_MS, leads, clock, metrics, logger });
    return () => retention.look();
  }

  private loop(what: string, everyMs: number, work: () => Promise<'again' | 'rest'>): Loop {
    const { clock, logger } = this.context;
    const onError = (error: unknown): void => logger.warn({ error, what }, 'a round of the watch failed');
    return new Loop({ everyMs, unit: () => clock.unit(), work, onError });
  }
}
