import { BrokerConnection, type ExclusiveListener, Publisher } from '@reprise/broker';
import type { TopologyNames } from '@reprise/contracts';
import {
  AnswerApproval,
  ApprovalEvents,
  ApprovalViews,
  AttemptLogStore,
  BatchStore,
  CommandStore,
  Database,
  EventStore,
  EventViews,
  Gauges,
  MemberStore,
  migrate,
  NoticeStore,
  QueueStore,
  RecordedTasks,
  RetryObstacles,
  RunViews,
  WatchStore,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { connectBackends, type ServiceContext } from '@reprise/service';
import { AnswerApprovals } from './answer-approval.js';
import { CommandRun } from './command-run.js';
import { CreateBatch } from './create-batch.js';
import { ForwardToTrigger } from './forward-to-trigger.js';
import { ListQueues } from './list-queues.js';
import { MonitorLetters } from './monitor-letters.js';
import { PauseQueue } from './pause-queue.js';
import { RetryRun } from './retry-run.js';
import { SendEvent } from './send-event.js';
import { SimulateRetry } from './simulate-retry.js';
import { RunStream } from './stream/run-stream.js';
import { GlobalGauges } from './watch/global-gauges.js';
import { Leader } from './watch/leader.js';
import { Loop } from './watch/loop.js';
import { ReportDue } from './watch/report-due.js';
import { RunBatches } from './watch/run-batches.js';
import { TellPeople } from './watch/tell-people.js';

const WATCH_EVERY_MS = 1_000;
const BATCH_EVERY_MS = 250;
const BEAT_EVERY_MS = 15_000;

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
  readonly approvals: ApprovalViews;
  readonly answers: AnswerApprovals;
  readonly batches: BatchStore;
  readonly createBatch: CreateBatch;
  readonly commandRun: CommandRun;
  readonly retryRun: RetryRun;
  readonly simulateRetry: SimulateRetry;
  readonly sendEvent: SendEvent;
  readonly forward: ForwardToTrigger;
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
    const connection = new BrokerConnection({ url: settings.amqpUrl, topology, logger, name: 'reprise monitor' });
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
    const members = this.members;
    this.leader = new Leader({
      id: `monitor-${clock.uuid()}`,
      leaseMs: settings.leaseMs,
      events,
      eventRetentionMs: settings.eventRetentionMs,
      members,
      database,
      gauges: new GlobalGauges(metrics, gauges, this.letters.store, this.queues),
      metrics,
      clock,
      logger,
    });
    const watch = new WatchStore(database);
    const notices = new NoticeStore(database);
    const report = new ReportDue({ watch, notices, gauges, members, connection, publisher, metrics, logger });
    const people = new TellPeople({ events: new ApprovalEvents(database), connection, publisher, logger });
    const batches = new RunBatches({ database, connection, publisher, leads: () => this.leader.isLeading, clock, logger });
    this.loops = [
      this.loop('the watch', WATCH_EVERY_MS, () => report.scan()),
      this.loop('redrives', WATCH_EVERY_MS, () => this.letters.resend.look()),
      this.loop('news of approvals', WATCH_EVERY_MS, () => people.tell()),
      this.loop('batches', BATCH_EVERY_MS, () => batches.look()),
      this.loop('the stream', BEAT_EVERY_MS, async () => this.stream.beat()),
      this.loop('the leader', settings.leaseMs / 3, () => this.leader.round()),
    ];
    this.database = database;
    this.connection = connection;
    this.publisher = publisher;
  }

  get names(): TopologyNames {
    return this.connection.names;
  }

  /** Aborted when it begins to stop. */
  get draining(): AbortSignal {
    return this.context.drain.signal;
  }

  async start(signal: AbortSignal): Promise<void> {
    const { drain, health, logger } = this.context;
    const { database, connection } = this;
    // Before anything is connected: a monitor that is told to stop while it waits must not go on trying.
    drain.onDrain('stop consuming', 'watch', () =>
      Promise.all([...this.loops.map((loop) => loop.stop()), this.letters.consumer.stop(), this.heard.stop()]),
    );
    drain.onDrain('close channels', 'publisher', () => Promise.all([this.publisher.close(), this.letters.close()]));
    drain.onDrain('close channels', 'broker', () => connection.close());
    drain.onDrain('close pools', 'leadership', () => (database.source.isInitialized ? this.leader.resign() : undefined));
    drain.onDrain('close pools', 'database', () => database.close());
    await connectBackends({ database, connection, health, logger, signal, migrate });
    for (const loop of this.loops) loop.start();
    await Promise.all([this.letters.consumer.start(), this.heard.start()]);
  }

  private loop(what: string, everyMs: number, work: () => Promise<'again' | 'rest'>): Loop {
    const { clock, logger } = this.context;
    const onError = (error: unknown): void => logger.warn({ error, what }, 'a round of the watch failed');
    return new Loop({ everyMs, unit: () => clock.unit(), work, onError });
  }
}
