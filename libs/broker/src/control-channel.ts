import type { BrokerConnection } from './broker-connection.js';
import { reasonOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { type Delivery, deliveryOf } from './delivery.js';
import { pause } from './pause.js';
import { closeQuietly } from './prepare-topology.js';
import type { OutgoingMessage } from './publish-request.js';
import type { Publisher } from './publisher.js';

export interface ControlChannelOptions {
  readonly publisher: Publisher;
  readonly logger: BrokerLogger;
  /** Every hint of every process, one's own included. What it throws is logged. */
  readonly onHint: (hint: Delivery) => void;
}

const RETRY_PAUSE_MS = 500;

/**
 * Hints to every process at once (cancel, reload). Best effort: hints sent while a process is away never reach it; the
 * truth is the refused renewal of a lease.
 */
export class ControlChannel {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private announceFirst: () => void = () => {};
  private readonly first = new Promise<void>((resolve) => {
    this.announceFirst = resolve;
  });

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: ControlChannelOptions,
  ) {}

  /** Resolves when hints are heard for the first time. */
  start(): Promise<void> {
    this.running ??= this.keepListening();
    return this.first;
  }

  /** Sends a hint; nobody listening is fine, and so is a broker that is away. */
  async publish(hint: Pick<OutgoingMessage, 'body' | 'type' | 'headers'>): Promise<void> {
    await this.options.publisher.publish([{ ...hint, exchange: this.connection.names.control, routingKey: '' }]);
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
        this.options.logger.warn({ reason: reasonOf(error) }, 'cannot listen to control hints');
      }
      await pause(RETRY_PAUSE_MS, signal);
    }
  }

  private async listenOnce(): Promise<void> {
    const { signal } = this.stopping;
    const model = await this.connection.consuming.whenUp(signal);
    if (!model) return;
    const channel = await model.createChannel();
    const ended = new AbortController();
    channel.on('error', () => {});
    channel.once('close', () => ended.abort());
    const stop = () => void closeQuietly(channel);
    try {
      // Classic and gone with its connection: a hint is worth nothing later.
      const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true, durable: false });
      await channel.bindQueue(queue, this.connection.names.control, '');
      await channel.consume(queue, (message) => (message ? this.hear(deliveryOf(message)) : stop()), { noAck: true });
      signal.addEventListener('abort', stop);
      if (signal.aborted) stop();
      this.announceFirst();
      await new Promise<void>((resolve) => {
        if (ended.signal.aborted) resolve();
        ended.signal.addEventListener('abort', () => resolve());
      });
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  private hear(hint: Delivery): void {
    try {
      this.options.onHint(hint);
    } catch (error) {
      this.options.logger.error({ reason: reasonOf(error), error }, 'a control hint was not understood');
    }
  }
}
