import { EventEmitter } from 'node:events';
import * as amqp from 'amqplib';
import { reasonOf, refusalOf, TopologyMismatchError } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { brokerUrls, withoutPassword } from './broker-urls.js';
import { growingMs, pause, within } from './pause.js';

export type LinkState =
  | { readonly kind: 'connected' }
  | { readonly kind: 'connecting'; readonly reason: string }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'closed' };

export interface LinkOptions {
  /** With several hosts: each is tried in turn, beginning with the first. */
  readonly url: string;
  /** Shown by the broker's management and in `rabbitmqctl list_connections`. */
  readonly name: string;
  readonly logger: BrokerLogger;
  /** Runs on every fresh connection before anyone may use it; when it fails, the connection is closed and tried again. */
  readonly prepare: (model: amqp.ChannelModel) => Promise<void>;
  readonly heartbeatSeconds: number;
  readonly maximumPauseMs: number;
}

interface LinkEvents {
  up: [amqp.ChannelModel];
  down: [Error];
  unblocked: [];
}

const FIRST_PAUSE_MS = 100;
const LOG_EVERY_MS = 3_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * One connection that comes back. amqplib's own recovery starts to listen for the close only after its setup has run, so a
 * connection that dies in the same socket read as setup's last reply is taken for alive and never replaced; this loop
 * listens first.
 */
export class RecoveringLink extends EventEmitter<LinkEvents> {
  private readonly stopping = new AbortController();
  private readonly urls: readonly [string, ...string[]];
  private losses = 0;
  private model: amqp.ChannelModel | undefined;
  private now: LinkState = { kind: 'connecting', reason: 'no answer yet' };
  private running: Promise<void> | undefined;
  private silentMs = Number.POSITIVE_INFINITY;

  constructor(private readonly options: LinkOptions) {
    super();
    this.setMaxListeners(0);
    this.urls = brokerUrls(options.url, options.heartbeatSeconds);
  }

  start(): void {
    this.running ??= this.keepConnected();
  }

  state(): LinkState {
    return this.now;
  }

  /** The live connection, or undefined while there is none. */
  current(): amqp.ChannelModel | undefined {
    return this.model;
  }

  /** Waits for a live connection; undefined when the link was closed or the signal aborted first. */
  whenUp(signal?: AbortSignal): Promise<amqp.ChannelModel | undefined> {
    if (this.model) return Promise.resolve(this.model);
    if (this.stopping.signal.aborted || signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (model?: amqp.ChannelModel) => {
        this.off('up', end);
        this.stopping.signal.removeEventListener('abort', give);
        signal?.removeEventListener('abort', give);
        resolve(model);
      };
      const give = () => end();
      this.on('up', end);
      this.stopping.signal.addEventListener('abort', give);
      signal?.addEventListener('abort', give);
    });
  }

  async close(): Promise<void> {
    this.stopping.abort();
    if (this.model) await closed(this.model);
    if (this.running) await within(this.running, CLOSE_TIMEOUT_MS);
    this.now = { kind: 'closed' };
  }

  private async keepConnected(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const { model, ended } = await this.open();
        failures = 0;
        this.use(model);
        this.lost(await ended);
      } catch (error) {
        this.waits(error);
      }
      this.losses += 1;
      const pauseMs = growingMs(failures, FIRST_PAUSE_MS, this.options.maximumPauseMs);
      this.silentMs += pauseMs;
      await pause(pauseMs, signal);
    }
  }

  /** Of the host whose turn it is: the next one after each failure and each loss. */
  private get url(): string {
    return this.urls[this.losses % this.urls.length] ?? this.urls[0];
  }

  private async open(): Promise<{ model: amqp.ChannelModel; ended: Promise<unknown> }> {
    const model = await amqp.connect(this.url, {
      clientProperties: { connection_name: this.options.name },
      timeout: CONNECT_TIMEOUT_MS,
      noDelay: true,
      keepAlive: true,
    });
    const ended = new Promise((resolve) => {
      model.once('close', (cause) => resolve(cause ?? new Error('connection closed')));
    });
    // An `error` without a listener would be thrown; the close that follows carries the same cause.
    model.on('error', () => {});
    model.on('blocked', (reason) => this.block(model, reason));
    model.on('unblocked', () => this.unblock(model));
    try {
      await this.options.prepare(model);
    } catch (error) {
      await closed(model);
      throw error;
    }
    if (this.stopping.signal.aborted) await closed(model);
    return { model, ended };
  }

  private use(model: amqp.ChannelModel): void {
    if (this.stopping.signal.aborted) return;
    this.model = model;
    this.now = { kind: 'connected' };
    this.silentMs = Number.POSITIVE_INFINITY;
    this.options.logger.info({ connection: this.options.name, broker: withoutPassword(this.url) }, 'connected to RabbitMQ');
    this.emit('up', model);
  }

  private lost(cause: unknown): void {
    this.model = undefined;
    this.now = { kind: 'connecting', reason: reasonOf(cause) };
    if (!this.stopping.signal.aborted) {
      this.options.logger.warn({ connection: this.options.name, reason: reasonOf(cause) }, 'connection to RabbitMQ lost');
    }
    this.emit('down', cause instanceof Error ? cause : new Error(reasonOf(cause)));
  }

  private waits(error: unknown): void {
    const raw = reasonOf(error);
    const refusal = refusalOf(raw, this.url);
    const reason = refusal ?? raw;
    this.now = { kind: 'connecting', reason };
    if (this.silentMs < LOG_EVERY_MS) return;
    this.silentMs = 0;
    const details = { connection: this.options.name, broker: withoutPassword(this.url), reason };
    if (error instanceof TopologyMismatchError) this.options.logger.error(details, error.message);
    else if (refusal !== null) this.options.logger.error({ ...details, reason: raw }, `${refusal}. Trying again`);
    else this.options.logger.warn(details, 'waiting for RabbitMQ');
  }

  private block(model: amqp.ChannelModel, reason: string): void {
    if (this.model !== model) return;
    this.now = { kind: 'blocked', reason };
    this.options.logger.warn({ connection: this.options.name, reason }, 'RabbitMQ blocks publishing');
  }

  private unblock(model: amqp.ChannelModel): void {
    if (this.model !== model) return;
    this.now = { kind: 'connected' };
    this.options.logger.info({ connection: this.options.name }, 'RabbitMQ takes messages again');
    this.emit('unblocked');
  }
}

function closed(model: amqp.ChannelModel): Promise<void> {
  return within(
    model.close().catch(() => {}),
    CLOSE_TIMEOUT_MS,
  );
}
