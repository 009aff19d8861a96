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
const GAVE_WAY_PAUSE_MS = 1;

/** What came over one channel can only be settled on that channel: once it has ended, settling does nothing. */
export class ConsumerSession {
  private readonly end = new AbortController();
  /** Aborts when the channel is gone; the broker delivers again what was not acknowledged. */
  readonly ended: AbortSignal = this.end.signal;

  constructor(private readonly channel: Channel) {
    channel.once('close', () => this.end.abort());
  }

  ack(message: ConsumeMessage): void {
    this.settle(() => this.channel.ack(message));
  }

  ackUpTo(message: ConsumeMessage): void {
    this.settle(() => this.channel.ack(message, true));
  }

  requeue(message: ConsumeMessage): void {
    this.settle(() => this.channel.nack(message, false, true));
  }

  /** Between our closing a channel and the broker's answer amqplib throws at whoever settles; so may a socket that has just gone. */
  private settle(work: () => void): void {
    if (this.ended.aborted) return;
    try {
      work();
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'IllegalOperationError') throw error;
    }
  }
}

/** What becomes of one channel. `gaveWay`: we ended it ourselves, to begin again at once. */
interface Life {
  cause: unknown;
  cancelled: boolean;
  gaveWay: boolean;
}
type Ending = Readonly<Life> & { readonly consumed: boolean };

const born = (cause: unknown = new Error('channel closed')): Life => ({ cause, cancelled: false, gaveWay: false });

/** Keeps one queue consumed: over lost connections, closed channels, a deleted queue, a moved leader. */
export class QueueSubscription {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private live: { readonly channel: Channel; readonly consumerTag: string; readonly life: Life } | undefined;
  private givingWay: Channel | undefined;
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
    if (this.live) await cancelQuietly(this.live.channel, this.live.consumerTag);
  }

  /** Goes to the end of the queue's line of consumers: takes nothing new, and once `settled` resolves begins again on another channel. */
  async giveWay(settled: () => Promise<unknown>): Promise<void> {
    const { live } = this;
    if (!live || this.givingWay === live.channel) return;
    this.givingWay = live.channel;
    await cancelQuietly(live.channel, live.consumerTag);
    await settled();
    live.life.gaveWay = true;
    await closeQuietly(live.channel);
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
      if (ending.gaveWay) {
        // A connection that has just ended is still taken for alive, and a channel asked of it never comes.
        await pause(GAVE_WAY_PAUSE_MS, signal);
        continue;
      }
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
      const life = born();
      channel.on('error', (error) => {
        life.cause = error;
      });
      const closed = new Promise<void>((resolve) => {
        channel.once('close', () => resolve());
      });
      try {
        await this.consume(channel, life, () => {
          life.cause = new Error('cancelled by the broker: the queue was deleted or has lost its leader');
          life.cancelled = true;
          void closeQuietly(channel);
        });
      } catch (cause) {
        await closeQuietly(channel);
        return { ...born(cause), consumed: false };
      }
      await closed;
      this.live = undefined;
      return { ...life, consumed: true };
    } catch (cause) {
      return { ...born(cause), consumed: false };
    }
  }

  private async consume(channel: Channel, life: Life, onCancel: () => void): Promise<void> {
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
    this.live = { channel, consumerTag, life };
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

/** amqplib throws at once when the channel is closed already. */
async function cancelQuietly(channel: Channel, consumerTag: string): Promise<void> {
  try {
    await channel.cancel(consumerTag);
  } catch {
    return;
  }
}
