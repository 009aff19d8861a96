import type { ConsumeMessage } from 'amqplib';
import { AckWindow } from './ack-window.js';
import type { BrokerConnection } from './broker-connection.js';
import { BrokerError } from './broker-error.js';
import { type Delivery, deliveryOf } from './delivery.js';
import { untilItSucceeds } from './keep-trying.js';
import { within } from './pause.js';
import { type ConsumerSession, QueueSubscription, type SubscriptionOptions } from './queue-subscription.js';

/** `requeue` gives a delivery back at once; it comes again, to anyone. There is no dead-lettering: poison is stored by its finder. */
export type Settlement = 'ack' | 'requeue';

export interface BatchConsumerOptions extends SubscriptionOptions {
  readonly maxBatch: number;
  /** Batches in flight at once; `prefetch` should be at least `(concurrency + 1) · maxBatch`. Default 1. */
  readonly concurrency?: number;
  /**
   * Takes the deliveries, oldest first, and answers with one settlement each; nothing means all are acknowledged. When it
   * rejects, nothing is acknowledged and it is called again with the same deliveries after 200 ms … 5 s.
   */
  readonly onBatch: (deliveries: Delivery[]) => Promise<Settlement[] | undefined> | Promise<void>;
}

/** While Postgres is down no batch ends; whoever is next in line tries its luck with the same deliveries. */
const GIVE_WAY_MS = 5_000;

interface Pending {
  readonly message: ConsumeMessage;
  readonly channel: SessionWindow;
}

interface SessionWindow {
  readonly session: ConsumerSession;
  readonly window: AckWindow<ConsumeMessage>;
}

/**
 * Adaptive group commit: hands over at once what is there when idle, collects while batches are in flight. No linger
 * timer: waiting 2, 5 or 10 ms more made no difference.
 */
export class BatchConsumer {
  private readonly subscription: QueueSubscription;
  private readonly stopping = new AbortController();
  private readonly concurrency: number;
  private current: SessionWindow | undefined;
  private pending: Pending[] = [];
  private readonly inFlight = new Set<Promise<void>>();
  private scheduled = false;
  private paused = false;

  constructor(
    connection: BrokerConnection,
    private readonly options: BatchConsumerOptions,
  ) {
    this.concurrency = options.concurrency ?? 1;
    this.subscription = new QueueSubscription(connection, options, (session, message) => this.take(session, message));
  }

  get queue(): string {
    return this.options.queue;
  }

  /** Resolves when the queue is consumed for the first time; waits for the broker and the queue as long as it takes. */
  start(): Promise<void> {
    return this.subscription.start();
  }

  /** Deliveries received and not yet handed over. */
  get backlog(): number {
    return this.pending.length;
  }

  /** Hands over no more batches; the broker stops at `prefetch`. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.schedule();
  }

  /** Takes nothing new, lets batches in flight finish (at most `drainMs`), acknowledges them and gives the rest back. */
  async stop(drainMs = 30_000): Promise<void> {
    this.stopping.abort();
    this.pending = [];
    await this.subscription.cancel();
    await within(Promise.all(this.inFlight), drainMs);
    await this.subscription.close();
  }

  /**
   * Of a queue with a single active consumer: lets the next in line have it, and stands by at the end of the line. Batches in flight are
   * finished and acknowledged, the rest goes back. Where nobody else is in line, it has the queue again.
   */
  async giveWay(): Promise<void> {
    this.pending = [];
    await this.subscription.giveWay(() => within(this.idle(), GIVE_WAY_MS));
  }

  /** Also what is begun meanwhile: deliveries that came with the broker's answer. */
  private async idle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  private take(session: ConsumerSession, message: ConsumeMessage): void {
    if (this.stopping.signal.aborted) return;
    if (this.current?.session !== session) {
      // What the last channel delivered and nobody has begun is delivered again on this one.
      this.pending = [];
      this.current = { session, window: new AckWindow() };
    }
    this.pending.push({ message, channel: this.current });
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.paused || this.pending.length === 0 || this.inFlight.size >= this.concurrency) return;
    this.scheduled = true;
    // After the socket's read: one batch for all messages of one read.
    setImmediate(() => {
      this.scheduled = false;
      this.begin();
    });
  }

  private begin(): void {
    if (this.paused || this.stopping.signal.aborted) return;
    const batch = this.pending.splice(0, this.options.maxBatch);
    const channel = batch[0]?.channel;
    if (!channel || channel.session.ended.aborted) return;
    const running = this.run(
      channel,
      batch.map(({ message }) => message),
    ).finally(() => {
      this.inFlight.delete(running);
      this.schedule();
    });
    this.inFlight.add(running);
    this.schedule();
  }

  private async run({ session, window }: SessionWindow, messages: ConsumeMessage[]): Promise<void> {
    const { onBatch, queue, logger } = this.options;
    const deliveries = messages.map(deliveryOf);
    const outcome = await untilItSucceeds(async () => checked(await onBatch(deliveries), messages.length), {
      signals: [this.stopping.signal, session.ended],
      details: { queue, deliveries: messages.length },
      logger,
    });
    if (outcome.kind === 'gaveUp') return;
    for (const [index, message] of messages.entries()) {
      const tag = message.fields.deliveryTag;
      if (outcome.value?.[index] === 'requeue') {
        session.requeue(message);
        window.requeued(tag);
      } else window.done(tag, message);
    }
    const upTo = window.advance();
    if (upTo) session.ackUpTo(upTo);
  }
}

function checked(answer: unknown, count: number): Settlement[] | undefined {
  if (answer === undefined || answer === null) return undefined;
  const settlements = Array.isArray(answer) ? answer.filter((one): one is Settlement => one === 'ack' || one === 'requeue') : [];
  if (settlements.length === count) return settlements;
  throw new BrokerError('SETTLEMENTS', `a batch of ${count} deliveries was answered with ${settlements.length} settlements`);
}
