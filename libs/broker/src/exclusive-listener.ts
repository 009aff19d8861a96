import type { BrokerConnection } from './broker-connection.js';
import { reasonOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { type Delivery, deliveryOf } from './delivery.js';
import { pause } from './pause.js';
import { closeQuietly } from './prepare-topology.js';

export interface ExclusiveListenerOptions {
  readonly exchange: string;
  /** Routing keys to listen to. */
  readonly patterns: readonly string[];
  readonly logger: BrokerLogger;
  /** What it throws is logged. */
  readonly onDelivery: (delivery: Delivery) => void;
  /** Heard again after the line was cut: what was sent meanwhile is missed. */
  readonly onGap?: () => void;
}

const RETRY_PAUSE_MS = 500;

/** Hears what an exchange says while it listens, over a queue of its own that is gone with its connection. */
export class ExclusiveListener {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private hasListened = false;
  private announceFirst: () => void = () => {};
  private readonly first = new Promise<void>((resolve) => {
    this.announceFirst = resolve;
  });

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: ExclusiveListenerOptions,
  ) {}

  /** Resolves when it listens for the first time, or was stopped before. */
  start(): Promise<void> {
    this.running ??= this.keepListening();
    return this.first;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    this.announceFirst();
  }

  private async keepListening(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.listenOnce();
      } catch (error) {
        const { logger, exchange } = this.options;
        logger.warn({ exchange, reason: reasonOf(error) }, 'cannot listen to an exchange');
      }
      await pause(RETRY_PAUSE_MS, signal);
    }
  }

  private async listenOnce(): Promise<void> {
    const { signal } = this.stopping;
    const { exchange, patterns } = this.options;
    const model = await this.connection.consuming.whenUp(signal);
    if (!model) return;
    const channel = await model.createChannel();
    const ended = new AbortController();
    channel.on('error', () => {});
    channel.once('close', () => ended.abort());
    const stop = () => void closeQuietly(channel);
    try {
      // Classic and gone with its connection: what it hears is worth nothing later.
      const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
      for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern);
      await channel.consume(queue, (message) => (message ? this.hear(deliveryOf(message)) : stop()), { noAck: true });
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
      this.announce();
      await new Promise<void>((resolve) => {
        if (ended.signal.aborted) resolve();
        ended.signal.addEventListener('abort', () => resolve());
      });
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  private announce(): void {
    if (this.hasListened) this.options.onGap?.();
    this.hasListened = true;
    this.announceFirst();
  }

  private hear(delivery: Delivery): void {
    try {
      this.options.onDelivery(delivery);
    } catch (error) {
      this.options.logger.error({ reason: reasonOf(error), error }, 'what an exchange said was not understood');
    }
  }
}
