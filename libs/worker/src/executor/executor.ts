import { setTimeout as pause } from 'node:timers/promises';
import { type BrokerConnection, ControlChannel, type Delivery, Publisher } from '@reprise/broker';
import { type AttemptTicket, decodeHint } from '@reprise/contracts';
import { guardOf, type Lane, laneKey, laneKeys, type Outcome, type RunId } from '@reprise/core';
import {
  AttemptLogStore,
  type Claimed,
  ClaimStore,
  type Database,
  DeadLetterStore,
  DependencyStore,
  EffectStore,
  type KeyVerdict,
  MEMBER_LEASE_MS,
  MemberStore,
  outcomeByKey,
  QueueStore,
} from '@reprise/ledger';
import { faultPoint, type ServiceContext } from '@reprise/service';
import { LeaseKeeper } from '../attempt/lease-keeper.js';
import { logEnd, logStart } from '../attempt/log-attempt.js';
import { LogKeeper } from '../attempt/log-keeper.js';
import { RunAttempt, type Transactions } from '../attempt/run-attempt.js';
import type { HandlerDefinition } from '../handlers/handler.js';
import { HandlerRegistry } from '../handlers/handler-registry.js';
import { AttemptFigures, type Source } from './attempt-figures.js';
import { AttemptIntake } from './attempt-intake.js';
import { buryTicket } from './bury-ticket.js';
import { helloOf } from './hello-of.js';
import { LaneReaders } from './lane-readers.js';
import { LANE_WEIGHTS } from './lane-turns.js';
import { OutcomeReporter } from './outcome-reporter.js';
import { SlotPool } from './slot-pool.js';
import { startedNews } from './started-news.js';
import { TaskQueues } from './task-queues.js';
import { WatchLimits } from './watch-limits.js';

export interface ExecutorOptions {
  readonly context: ServiceContext;
  readonly database: Database;
  readonly connection: BrokerConnection;
  readonly handlers: readonly HandlerDefinition[];
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly transactions: Transactions | null;
  /** Unique among all executors, ever: `host/pid/uuid`. */
  readonly id: string;
}

const SECOND_MS = 1_000;

/** The only doer: takes tickets, claims them, runs their handlers under a lease, and reports what became of them. */
export class Executor {
  private readonly registry: HandlerRegistry;
  private readonly slots: SlotPool;
  private readonly publisher: Publisher;
  private readonly reporter: OutcomeReporter;
  private readonly leases: LeaseKeeper;
  private readonly logs: LogKeeper;
  private readonly control: ControlChannel;
  private readonly members: MemberStore;
  private readonly letters: DeadLetterStore;
  private readonly effects: EffectStore;
  private readonly figures: AttemptFigures;
  private readonly taskQueues: TaskQueues;
  private readonly limits: WatchLimits;
  private timers: readonly NodeJS.Timeout[] = [];

  constructor(private readonly options: ExecutorOptions) {
    const { context, connection, database } = options;
    const { logger, clock, settings } = context;
    this.registry = new HandlerRegistry(options.handlers);
    this.slots = new SlotPool(options.concurrency);
    this.figures = new AttemptFigures(context.metrics);
    this.publisher = new Publisher(connection, { logger });
    this.reporter = new OutcomeReporter(connection.names, this.publisher);
    const onReplaced = this.onReplaced;
    this.leases = new LeaseKeeper({ store: new ClaimStore(database), leaseMs: settings.leaseMs, clock, logger, onReplaced });
    this.logs = new LogKeeper({ store: new AttemptLogStore(database), logger, now: () => clock.now() });
    this.control = new ControlChannel(connection, { publisher: this.publisher, logger, onHint: (hint) => this.heed(hint) });
    this.members = new MemberStore(database);
    this.letters = new DeadLetterStore(database);
    this.effects = new EffectStore(database);
    this.limits = new WatchLimits({ store: new DependencyStore(database), mode: settings.dependencies, logger });
    const pauses = new QueueStore(database);
    this.taskQueues = new TaskQueues({
      queues: options.queues,
      consume: (queue) => this.consume(queue),
      readPaused: async (queues) => new Set((await pauses.paused(queues)).map(({ queue }) => queue)),
      logger,
    });
  }

  async start(): Promise<void> {
    const { connection, queues } = this.options;
    this.drainInOrder();
    this.figures.showSlots(this.slots);
    this.leases.start();
    for (const key of queues.flatMap(laneKeys)) await connection.ensureTaskQueue(key);
    await this.sayHello();
    await this.limits.look();
    this.timers = [
      setInterval(() => void this.beat(), MEMBER_LEASE_MS / 3),
      setInterval(() => void this.everySecond(), SECOND_MS),
    ];
    await Promise.all([this.control.start(), this.taskQueues.start()]);
  }

  private readonly onReplaced = (): void => this.options.context.metrics.counter('reprise_stale_writes_rejected_total').inc();

  private consume(queue: string): LaneReaders {
    const { connection, concurrency, context } = this.options;
    const intake = (lane: Lane) => this.intake(queue, lane);
    return new LaneReaders({ connection, queue, concurrency, logger: context.logger, intake });
  }

  private intake(queue: string, lane: Lane): AttemptIntake {
    const { context, database, id } = this.options;
    const from: Source = { queue, key: laneKey(queue, lane) };
    return new AttemptIntake({
      store: new ClaimStore(database),
      registry: this.registry,
      limits: this.limits,
      slots: this.slots.of({ key: from.key, weight: LANE_WEIGHTS[lane] }),
      reporter: this.reporter,
      executor: id,
      queue,
      leaseMs: context.settings.leaseMs,
      clock: context.clock,
      logger: context.logger,
      begin: (ticket, claimed, verdict, askedAtMs) => void this.execute(from, ticket, claimed, verdict, askedAtMs),
      onPaused: () => this.taskQueues.hold(queue),
      onGone: (tickets) => context.metrics.counter('reprise_duplicates_suppressed_total', { kind: 'ticket' }).inc(tickets),
      bury: (delivery, reason) => buryTicket(this.letters, context, queue, delivery, reason),
    });
  }

  private async execute(
    from: Source,
    ticket: AttemptTicket,
    claimed: Claimed,
    verdict: KeyVerdict,
    askedAtMs: number,
  ): Promise<void> {
    this.figures.claimed(from, claimed);
    const { context, transactions } = this.options;
    const handler = this.registry.find(ticket.call);
    if (handler === null) return;
    const run = new RunAttempt(ticket, claimed, handler, {
      effects: this.effects,
      onAnswered: () => context.metrics.counter('reprise_duplicates_suppressed_total', { kind: 'effect' }).inc(),
      onReplaced: this.onReplaced,
      readSecret: (name) => context.settings.secrets()(name),
      transactions,
      maxOutputBytes: context.settings.limits.maxOutputBytes,
      logs: this.logs,
      leases: this.leases,
      logger: context.logger,
      now: () => context.clock.now(),
    });
    this.leases.hold(claimed, askedAtMs, run.stop);
    if (ticket.followed === true && verdict.kind === 'owned')
      void this.publisher.publish([startedNews(this.options.connection.names, ticket, claimed, this.options.id)]);
    logStart(context.logger, ticket, claimed);
    const started = context.clock.monotonicMs();
    const outcome = verdict.kind === 'owned' ? await run.run() : outcomeByKey(ticket.call, claimed, verdict);
    const tookMs = context.clock.monotonicMs() - started;
    this.figures.ran(ticket.call, verdict.kind === 'owned', tookMs);
    logEnd(context.logger, ticket, outcome, tookMs);
    if (outcome === null) this.leases.abandon(claimed);
    else await this.report(ticket, claimed, outcome, guardOf(ticket, handler) !== null);
    // A handler that ignores its timeout keeps its slot until it lets go: the promise of bounded concurrency is about real work.
    void run.whenSettled().then(() => this.slots.release());
  }

  /** `once`: what it has come to is in its row before anybody is told. */
  private async report(ticket: AttemptTicket, claimed: Claimed, outcome: Outcome, once: boolean): Promise<void> {
    this.leases.finish(claimed, outcome);
    if (once) {
      await faultPoint('executor.before-record');
      await this.leases.record(claimed, outcome);
    }
    const { run, version, node, at } = ticket;
    this.reporter.report({ kind: 'outcome', run, version, node, at, fence: claimed.fence, claim: claimed.claim, outcome });
  }

  private heed(delivery: Delivery): void {
    const hint = decodeHint(delivery.body);
    if (hint?.kind === 'queues') void this.taskQueues.look();
    if (hint?.kind !== 'interrupt' || hint.executor !== this.options.id) return;
    this.leases.interrupt(hint.claim, { run: hint.run as RunId, node: hint.node, at: hint.at }, 'cancelled');
  }

  private async everySecond(): Promise<void> {
    await this.limits.look();
    if (this.figures.paces.takeNews()) await this.sayHello();
  }

  /** The row of this member, and what has been decided of its queues meanwhile. */
  private async beat(): Promise<void> {
    await Promise.all([this.sayHello(), this.taskQueues.look()]);
  }

  private async sayHello(): Promise<void> {
    const { id, queues, concurrency, context } = this.options;
    const { registry, slots, figures } = this;
    const info = helloOf({ queues, concurrency, registry, slots, figures, context });
    await this.members.renew(id, 'executor', info, MEMBER_LEASE_MS).catch((error: unknown) => {
      context.logger.warn({ error }, 'this executor could not say that it is alive');
    });
  }

  /** Stop consuming → finish or hand back → flush outcomes, unadvanced ones into their rows → close. */
  private drainInOrder(): void {
    const { drain, settings } = this.options.context;
    drain.onDrain('stop consuming', 'task queues', async () => {
      for (const timer of this.timers) clearInterval(timer);
      const stopped = this.taskQueues.stop();
      // What waits for a slot goes back to its queue instead of beginning in a process that is about to end.
      this.slots.close();
      await stopped;
    });
    drain.onDrain('finish work', 'handlers', () => this.finishOrHandBack(settings.drainMs), settings.drainMs + 5_000);
    drain.onDrain('flush outcomes', 'outcomes', async () => {
      await this.reporter.drain();
      await this.leases.close();
      await this.logs.close();
      await this.members.remove(this.options.id);
    });
    drain.onDrain('close channels', 'executor channels', async () => {
      await this.control.stop();
      await this.publisher.close();
    });
  }

  private async finishOrHandBack(drainMs: number): Promise<void> {
    const { clock } = this.options.context;
    const until = clock.monotonicMs() + drainMs;
    while (this.slots.taken > 0 && clock.monotonicMs() < until) await pause(20);
    this.leases.stopAll('drain');
    for (let rounds = 0; this.slots.taken > 0 && rounds < 100; rounds += 1) await pause(20);
  }
}
