import { type BrokerConnection, type Delivery, Publisher, PublishOutgoing } from '@reprise/broker';
import { type Alarm, shardOf, type TopologyNames } from '@reprise/contracts';
import {
  classifyError,
  type Database,
  DatabaseClock,
  DeadLetterStore,
  DependencyStore,
  EndedStore,
  MemberStore,
  WatchPaces,
  WorkflowCache,
  WorkflowStore,
} from '@reprise/ledger';
import { GatherBatches, type ServiceContext } from '@reprise/service';
import { AdvanceBatch } from './advance/advance-batch.js';
import { AdvanceRuns } from './advance/advance-runs.js';
import type { Advanced } from './advance/advanced.js';
import { countFacts } from './advance/count-facts.js';
import { HoldAlarm } from './advance/hold-alarm.js';
import { logDecisions } from './advance/log-decisions.js';
import { PublishDecisions } from './advance/publish-decisions.js';
import type { Received } from './advance/received.js';
import { TallyCalls } from './advance/tally-calls.js';
import { traceAgain } from './advance/trace-again.js';
import { traceDecisions } from './advance/trace-decisions.js';
import { policyOf, WatchGuards } from './guards/watch-guards.js';

/** Transactions at the same time; each works on shards of its own, so that they do not wait for each other's rows. */
const LANES = 2;
const MOST_ITEMS = 500;
const ANNOUNCED_EVERY_MS = 1_000;
const GUARDS_EVERY_MS = 500;

/** What the consumers feed: lanes of batches, each load → decide → commit → publish → acknowledge. */
export class SchedulerPipeline {
  readonly databaseClock: DatabaseClock;
  private readonly publisher: Publisher;
  private readonly decisions: PublishDecisions;
  private readonly runs: AdvanceRuns;
  private readonly batch: AdvanceBatch;
  private readonly lanes: readonly GatherBatches<Received>[];
  private readonly alarms: HoldAlarm;
  private readonly letters: DeadLetterStore;
  /** A batch that the database did not answer comes again: what was buried stays buried once. */
  private readonly buried = new WeakSet<Delivery>();
  private readonly guards: WatchGuards;
  private readonly paces: WatchPaces;
  private readonly calls: TallyCalls;
  private timers: readonly NodeJS.Timeout[] = [];
  private readonly names: TopologyNames;
  private readonly ended: EndedStore;

  constructor(
    private readonly context: ServiceContext,
    database: Database,
    connection: BrokerConnection,
    /** Which of this scheduler's shards it is; two of one parity would leave a lane idle. */
    private readonly placeOf: (shard: number) => number = (shard) => shard,
  ) {
    const { logger, clock, settings } = context;
    const { names } = connection;
    this.names = names;
    this.ended = new EndedStore(database);
    this.databaseClock = new DatabaseClock(database, () => clock.monotonicMs());
    this.publisher = new Publisher(connection, { logger });
    this.letters = new DeadLetterStore(database);
    const workflows = new WorkflowCache(new WorkflowStore(database));
    const dependencies = new DependencyStore(database);
    const policy = policyOf(settings);
    const members = new MemberStore(database);
    this.guards = new WatchGuards({ dependencies, members, settings, logger });
    this.paces = new WatchPaces({ members, onError: (error) => logger.debug({ error }, 'the paces of calls cannot be read') });
    this.decisions = new PublishDecisions(new PublishOutgoing(this.publisher, names, logger, this.paces.isQuick));
    this.calls = new TallyCalls(dependencies, policy, logger);
    const guarding = { guards: this.guards, policy };
    this.runs = new AdvanceRuns({ database, workflows, databaseClock: this.databaseClock, clock, settings, names, guarding });
    const bury = (received: readonly Received[], error: unknown) => this.buryInputs(received, error);
    this.batch = new AdvanceBatch({
      runs: this.runs,
      publisher: this.decisions,
      observe: (advanced) => {
        this.observe(advanced);
        this.calls.add(advanced);
      },
      logger,
      bury,
    });
    this.lanes = Array.from({ length: LANES }, () => new GatherBatches(MOST_ITEMS, (received) => this.batch.process(received)));
    this.alarms = new HoldAlarm(this.databaseClock, this.publisher, names);
  }

  async start(): Promise<void> {
    await this.databaseClock.sample();
    await this.guards.look();
    this.timers = [
      setInterval(() => void this.tick(), ANNOUNCED_EVERY_MS),
      setInterval(() => void this.lookAtGuards(), GUARDS_EVERY_MS),
    ];
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.tick();
    await this.calls.tell();
    await this.publisher.close();
  }

  /** Resolves when the inputs are acted on and what follows is told. */
  async submit(received: readonly Received[]): Promise<void> {
    const byLane = this.lanes.map((lane, index) => ({
      lane,
      items: received.filter(({ item }) => this.placeOf(shardOf(item.run)) % LANES === index),
    }));
    await Promise.all(byLane.filter(({ items }) => items.length > 0).map(({ lane, items }) => lane.submit(items)));
  }

  async ring(alarm: Alarm, redelivered: boolean): Promise<void> {
    if ((await this.alarms.hold(alarm)) === 'again') return;
    const { run, version, node, at, fence } = alarm;
    await this.submit([{ item: { kind: 'wake', run, version, node, at, fence }, redelivered }]);
  }

  /** Poison is stored by its finder, with the reason, before it is acknowledged. */
  async buryMessage(queue: string, delivery: Delivery, reason: string): Promise<void> {
    if (this.buried.has(delivery)) return;
    this.context.logger.warn({ queue, reason }, 'a message cannot be read');
    const { exchange, routingKey, properties, body } = delivery;
    await this.letters.insert([
      { id: this.context.clock.uuidv7(), queue, reason, body, properties: { exchange, routingKey, ...properties } },
    ]);
    this.buried.add(delivery);
  }

  /** Inputs no transaction can take: kept with the reason, and their run fails rather than waiting for ever. */
  private async buryInputs(received: readonly Received[], error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const id = this.context.clock.uuidv7();
    const body = Buffer.from(JSON.stringify(received.map(({ item }) => item)));
    await this.letters.insert([{ id, queue: 'inbox', reason, body, properties: {} }]);
    const [first] = received;
    if (first === undefined) return;
    try {
      const aborted = await this.runs.abort(
        first.item.run,
        `the engine could not carry this run on: ${reason} (dead letter ${id})`,
      );
      this.observe(aborted);
      await this.decisions.publish(aborted);
    } catch (failure) {
      // Not acknowledged: it comes again, and is buried once more.
      if (classifyError(failure) !== 'refused') throw failure;
      this.context.logger.error(
        { run: first.item.run, error: failure },
        'a run that cannot be carried on could not be failed either',
      );
    }
  }

  private async lookAtGuards(): Promise<void> {
    await this.calls.tell();
    await this.guards.look();
  }

  private observe(advanced: readonly Advanced[]): void {
    const { metrics, tracing, logger } = this.context;
    countFacts(metrics, advanced);
    logDecisions(logger, advanced);
    if (tracing === null) return;
    traceDecisions(tracing, this.names, advanced, logger);
    for (const each of advanced.filter(({ again }) => again)) {
      traceAgain(tracing, this.names, each, this.ended).catch((error: unknown) =>
        logger.warn({ error, run: each.run.id }, 'what may not have been told as spans cannot be read'),
      );
    }
  }

  /** Keeps the clock true, and writes announcements that no batch took along. */
  private async tick(): Promise<void> {
    void this.paces.look();
    try {
      await this.databaseClock.sample();
      if (this.decisions.hasAnnounced) await this.batch.process([]);
    } catch (error) {
      this.context.logger.debug({ error }, 'the database did not answer');
    }
  }
}
