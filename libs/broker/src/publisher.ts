import type { ConfirmChannel, Options } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { BrokerError, reasonOf, replyCodeOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { growingMs, pause } from './pause.js';
import { closeQuietly } from './prepare-topology.js';
import { type OutgoingMessage, type PublishEntry, type PublishOutcome, PublishRequest } from './publish-request.js';

export interface PublisherOptions {
  readonly logger: BrokerLogger;
  /** Messages sent and not yet confirmed; more wait. Default 2,000. */
  readonly maximumOutstanding?: number;
  /** How long one `publish` call may take at most, waiting for a connection included. Default 10,000. */
  readonly timeoutMs?: number;
}

const NOT_FOUND = 404;
/** Bytes of AMQP's short strings. */
const SHORT_STRING = 255;
const SENT = 'reprise-sent';
const FIRST_PAUSE_MS = 20;
const MAXIMUM_PAUSE_MS = 1_000;

/**
 * Publishes with confirms, `mandatory`, persistent. One channel, so a message to an exchange that does not exist fails
 * whatever is in flight beside it: give exchanges named by users a publisher of their own.
 */
export class Publisher {
  private readonly stopping = new AbortController();
  private readonly maximumOutstanding: number;
  private readonly timeoutMs: number;
  private readonly opening: Promise<void>;
  private open: OpenChannel | undefined;
  /** The socket's buffer is full; `drain` clears it. */
  private full = false;
  private waiting: PublishEntry[] = [];
  private nextWaiting = 0;
  private outstanding = 0;
  private sequence = 0;
  private readonly inFlight = new Map<string, PublishEntry>();
  private readonly requests = new Set<PublishRequest>();

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: PublisherOptions,
  ) {
    this.maximumOutstanding = options.maximumOutstanding ?? 2_000;
    this.timeoutMs = options.timeoutMs ?? 10_000;
    connection.publishing.on('unblocked', this.pump);
    this.opening = this.keepOpen();
  }

  /** One outcome per message, in their order, once all are known; never rejects. */
  async publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
    const request = new PublishRequest(messages);
    if (this.stopping.signal.aborted) {
      for (const entry of request.entries) entry.fail(new BrokerError('CLOSED', 'the publisher was closed'));
      return request.done;
    }
    const timer = setTimeout(() => this.giveUp(request), this.timeoutMs);
    this.requests.add(request);
    for (const entry of request.entries) this.waiting.push(entry);
    this.pump();
    const outcomes = await request.done;
    clearTimeout(timer);
    this.requests.delete(request);
    return outcomes;
  }

  /** Waits for what is in flight, at most the publish timeout, then closes the channel. Later messages fail with `CLOSED`. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.requests].map((request) => request.done));
    this.connection.publishing.off('unblocked', this.pump);
    if (this.open) await closeQuietly(this.open.channel);
    await this.opening;
  }

  /** Messages that wait to be sent. */
  get unsent(): number {
    return this.waiting.length - this.nextWaiting;
  }

  private async keepOpen(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const model = await this.connection.publishing.whenUp(signal);
      if (!model) return;
      try {
        const channel = await model.createConfirmChannel();
        // Closed meanwhile: nobody else would close it, and `close` waits for its end.
        if (signal.aborted && this.requests.size === 0) return void (await closeQuietly(channel));
        const ended = this.use(channel);
        failures = 0;
        await this.repair(await ended);
      } catch (error) {
        this.options.logger.warn({ reason: reasonOf(error) }, 'cannot open a channel to publish');
      }
      await pause(growingMs(failures, FIRST_PAUSE_MS, MAXIMUM_PAUSE_MS), signal);
    }
  }

  /** Resolves with what ended the channel. */
  private use(channel: ConfirmChannel): Promise<unknown> {
    return new Promise((resolve) => {
      const life: ChannelLife = { cause: undefined };
      channel.on('error', (error) => {
        life.cause = error;
      });
      channel.on('drain', () => {
        this.full = false;
        this.pump();
      });
      channel.on('return', ({ properties, fields }) => {
        this.inFlight.get(String(properties.headers?.[SENT] ?? properties.correlationId))?.markReturned();
        this.connection.repairRouting(fields.exchange);
      });
      channel.once('close', () => {
        this.open = undefined;
        resolve(life.cause);
      });
      this.full = false;
      this.open = { channel, life };
      this.pump();
    });
  }

  private async repair(cause: unknown): Promise<void> {
    if (this.stopping.signal.aborted || cause === undefined) return;
    this.options.logger.error({ reason: reasonOf(cause) }, 'RabbitMQ closed the channel we publish on');
    // Somebody deleted an exchange of ours. One of a user's is not ours to declare.
    const ours = replyCodeOf(cause) === NOT_FOUND && reasonOf(cause).includes(`'${this.connection.names.prefix}.`);
    if (ours) await this.connection.redeclare();
  }

  private readonly pump = (): void => {
    while (this.open && !this.full && this.outstanding < this.maximumOutstanding) {
      if (this.connection.publishing.state().kind !== 'connected') return;
      const entry = this.waiting[this.nextWaiting];
      if (!entry) break;
      this.nextWaiting += 1;
      if (entry.isOpen) this.send(this.open, entry);
    }
    if (this.nextWaiting === this.waiting.length) {
      this.waiting = [];
      this.nextWaiting = 0;
    }
  };

  private send({ channel, life }: OpenChannel, entry: PublishEntry): void {
    const { exchange, routingKey, body } = entry.message;
    this.sequence += 1;
    const id = String(this.sequence);
    const content = typeof body === 'string' ? Buffer.from(body) : body;
    try {
      const room = channel.publish(exchange, routingKey, content, propertiesOf(entry.message, id), (error: unknown) => {
        this.inFlight.delete(id);
        this.release(entry);
        if (error === null) entry.confirm();
        else entry.fail(failureOf(error, life));
        this.pump();
      });
      this.inFlight.set(id, entry);
      entry.sent = true;
      this.outstanding += 1;
      if (!room) this.full = true;
    } catch (cause) {
      entry.fail(new BrokerError('REFUSED', `cannot be written as an AMQP message: ${reasonOf(cause)}`, cause));
    }
  }

  private giveUp(request: PublishRequest): void {
    const state = this.connection.publishing.state();
    const why = 'reason' in state ? `${state.kind}: ${state.reason}` : 'too much in flight';
    const notSent = new BrokerError('NOT_SENT', `not sent within ${this.timeoutMs} ms (${why})`);
    const unknown = new BrokerError('CONFIRM_TIMEOUT', `not confirmed within ${this.timeoutMs} ms`);
    for (const entry of request.entries) {
      if (!entry.isOpen) continue;
      entry.fail(entry.sent ? unknown : notSent);
      this.release(entry);
    }
    this.pump();
    // While nothing can be sent, what was given up would stay here, and its bodies fill the memory.
    this.waiting = this.waiting.slice(this.nextWaiting).filter((entry) => entry.isOpen);
    this.nextWaiting = 0;
  }

  /** A message given up no longer takes a place, or a queue that never confirms would stop all others. */
  private release(entry: PublishEntry): void {
    if (!entry.sent) return;
    entry.sent = false;
    this.outstanding -= 1;
  }
}

interface ChannelLife {
  cause: unknown;
}

interface OpenChannel {
  readonly channel: ConfirmChannel;
  readonly life: ChannelLife;
}

function failureOf(error: unknown, life: ChannelLife): BrokerError {
  if (error instanceof Error && error.message === 'message nacked')
    return new BrokerError('NACKED', 'RabbitMQ refused the message');
  const reason = reasonOf(life.cause ?? error);
  return new BrokerError('CHANNEL_CLOSED', `the channel closed before the confirm: ${reason}`, life.cause ?? error);
}

function propertiesOf(message: OutgoingMessage, id: string): Options.Publish {
  // A returned message names itself by its correlation id, or by a header where that is the receiver's; confirms of others may come in between.
  const properties: Options.Publish = { persistent: true, mandatory: true, correlationId: id };
  properties.contentType = message.contentType ?? 'application/json';
  if (message.headers) properties.headers = { ...message.headers };
  // A longer one would be refused by the client, and with it what travels beside it: of events the id is in the body too.
  if (message.messageId !== undefined && Buffer.byteLength(message.messageId) <= SHORT_STRING)
    properties.messageId = message.messageId;
  if (message.correlationId !== undefined) {
    properties.correlationId = message.correlationId;
    properties.headers = { ...properties.headers, [SENT]: id };
  }
  if (message.type !== undefined) properties.type = message.type;
  if (message.appId !== undefined) properties.appId = message.appId;
  if (message.contentEncoding !== undefined) properties.contentEncoding = message.contentEncoding;
  if (message.replyTo !== undefined) properties.replyTo = message.replyTo;
  if (message.timestamp !== undefined) properties.timestamp = message.timestamp;
  return properties;
}
