import type { Channel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { reasonOf, replyCodeOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { growingMs, pause } from './pause.js';
import { closeQuietly } from './prepare-topology.js';

export interface SubscriptionOptions {
  readonly queue: string;
  /** Deliveries the broker may hand over before the first is acknowledged. */
  readonly prefetch: number;
  /** Only this consumer on the queue; quorum queues do not know it. */
  readonly exclusive?: boolean;
  readonly logger: BrokerLogger;
}

const NOT_FOUND = 404;
const FIRST_PAUSE_MS = 100;
const MAXIMUM_PAUSE_MS = 5_000;

/** What came over one channel can only be settled on that channel: once it has ended, settling does nothing. */
export class ConsumerSession {
  private readonly end = new AbortController();
  /** Aborts when the channel is gone; the broker delivers again what was not acknowledged. */
  readonly ended: AbortSignal = this.end.signal;

  constructor(private readonly channel: Channel) {
    channel.once('close', () => this.end.abort());
  }

  ack(message: ConsumeMessage): void {
    if (!this.ended.aborted) this.channel.ack(message);
  }

  ackUpTo(message: ConsumeMessage): void {
    if (!this.ended.aborted) this.channel.ack(message, true);
  }

  requeue(message: ConsumeMessage): void {
    if (!this.ended.aborted) this.channel.nack(message, false, true);
  }
}

type Ending = { readonly cause: unknown; readonly consumed: boolean; readonly cancelled: boolean };

/** Keeps one queue consumed: over lost connections, closed channels, a deleted queue, a moved leader. */
export class QueueSubscription {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private live: { readonly channel: Channel; readonly consumerTag: string } | undefined;
  private announceFirst: () => void = () => {};
  private readonly first = new Promise<void>((resolve) => {
    this.announceFirst = resolve;
  });

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: SubscriptionOptions,
    private readonly onMessage: (session: ConsumerSession, message: ConsumeMessage) => void,
  ) {}

  /** Resolves when the queue is consumed for the first time, or the subscription was closed before. */
  start(): Promise<void> {
    this.running ??= this.keepConsuming();
    return this.first;
  }

  /** No new deliveries; what has been delivered can still be settled. */
  async cancel(): Promise<void> {
    this.stopping.abort();
    if (!this.live) return;
    const { channel, consumerTag } = this.live;
    await channel.cancel(consumerTag).catch(() => {});
  }

  /** Ends the channel: what is not settled by now is delivered again. */
  async close(): Promise<void> {
    this.stopping.abort();
    if (this.live) await closeQuietly(this.live.channel);
    await this.running;
    this.announceFirst();
  }

  private async keepConsuming(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const ending = await this.consumeOnce();
      if (signal.aborted || ending === undefined) return;
      if (ending.consumed) failures = 1;
      const { queue, logger } = this.options;
      logger.warn(
        { queue, reason: reasonOf(ending.cause) },
        ending.consumed ? 'consumer lost, starting again' : 'cannot consume yet',
      );
      await pause(growingMs(failures, FIRST_PAUSE_MS, MAXIMUM_PAUSE_MS), signal);
      if (ending.cancelled || replyCodeOf(ending.cause) === NOT_FOUND) await this.declareAgain();
    }
  }

  /** One channel's life; undefined when there will be no connection any more. */
  private async consumeOnce(): Promise<Ending | undefined> {
    const model = await this.connection.consuming.whenUp(this.stopping.signal);
    if (!model) return undefined;
    try {
      const channel = await model.createChannel();
      const life: { cause: unknown; cancelled: boolean } = { cause: new Error('channel closed'), cancelled: false };
      channel.on('error', (error) => {
        life.cause = error;
      });
      const closed = new Promise<void>((resolve) => {
        channel.once('close', () => resolve());
      });
      try {
        await this.consume(channel, () => {
          life.cause = new Error('cancelled by the broker: the queue was deleted or has lost its leader');
          life.cancelled = true;
          void closeQuietly(channel);
        });
      } catch (cause) {
        await closeQuietly(channel);
        return { cause, consumed: false, cancelled: false };
      }
      await closed;
      this.live = undefined;
      return { ...life, consumed: true };
    } catch (cause) {
      return { cause, consumed: false, cancelled: false };
    }
  }

  private async consume(channel: Channel, onCancel: () => void): Promise<void> {
    const { queue, prefetch, exclusive = false } = this.options;
    const session = new ConsumerSession(channel);
    await channel.prefetch(prefetch);
    const { consumerTag } = await channel.consume(
      queue,
      (message) => {
        if (message) this.onMessage(session, message);
        else onCancel();
      },
      { exclusive },
    );
    this.live = { channel, consumerTag };
    if (this.stopping.signal.aborted) await closeQuietly(channel);
    this.announceFirst();
  }

  private async declareAgain(): Promise<void> {
    try {
      await this.connection.redeclare();
    } catch (error) {
      this.options.logger.error({ queue: this.options.queue, reason: reasonOf(error) }, 'cannot declare the topology again');
    }
  }
}
