import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type TopologyOptions, taskQueueTopology, topologyOf } from '@reprise/contracts';
import * as amqp from 'amqplib';
import { BrokerConnection, type BrokerConnectionOptions } from '../src/broker-connection.js';
import type { BrokerLogger } from '../src/broker-logger.js';
import { closeQuietly, deleteTopology } from '../src/prepare-topology.js';
import { Publisher, type PublisherOptions } from '../src/publisher.js';
import { TcpProxy } from './tcp-proxy.js';

export const AMQP_URL = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly details: Record<string, unknown>;
  readonly message: string;
}

const PATIENCE_MS = 60_000;
/** For what is published to arrive: how fast the broker of a busy machine is, is nobody's promise. */
const PUBLISH_WITHIN_MS = 20_000;

/** Remembers what it was given; tests wait for the n-th instead of sleeping. */
export class Collected<T> {
  readonly all: T[] = [];
  private readonly waiting: { readonly enough: (all: readonly T[]) => boolean; readonly resolve: (all: T[]) => void }[] = [];

  add = (one: T): void => {
    this.all.push(one);
    for (const { enough, resolve } of this.waiting) if (enough(this.all)) resolve(this.all);
  };

  /** What does not come in time is a failure that shows what did come: the test runner's own has no words for it. */
  until(enough: (all: readonly T[]) => boolean): Promise<T[]> {
    if (enough(this.all)) return Promise.resolve(this.all);
    return new Promise((resolve, reject) => {
      const giveUp = () =>
        reject(new Error(`not within ${PATIENCE_MS} ms; what came: ${inspect(this.all, { maxArrayLength: 20 })}`));
      const timer = setTimeout(giveUp, PATIENCE_MS);
      const done = (all: T[]) => {
        clearTimeout(timer);
        resolve(all);
      };
      this.waiting.push({ enough, resolve: done });
    });
  }

  atLeast(count: number): Promise<T[]> {
    return this.until((all) => all.length >= count);
  }

  async next(matching: (one: T) => boolean): Promise<T> {
    const found = await this.until((all) => all.some(matching));
    return found.find(matching) as T;
  }
}

/** One prefix of its own on the real broker, behind a wire that can be cut; `end` removes every trace. */
export class BrokerUnderTest {
  readonly topology: TopologyOptions;
  readonly log = new Collected<LogLine>();
  readonly proxy: TcpProxy;
  private readonly closing: (() => Promise<unknown>)[] = [];

  constructor(topology: Partial<TopologyOptions> = {}) {
    const prefix = `rt_${process.pid}_${randomBytes(4).toString('hex')}`;
    this.topology = { prefix, queueType: 'quorum', wheelLevels: 0, shards: 1, taskQueues: ['work'], ...topology };
    const { hostname, port } = new URL(AMQP_URL);
    this.proxy = new TcpProxy({ host: hostname, port: Number(port || 5672) });
  }

  get logger(): BrokerLogger {
    const at = (level: LogLine['level']) => (details: object, message: string) =>
      this.log.add({ level, details: { ...details }, message });
    return { info: at('info'), warn: at('warn'), error: at('error') };
  }

  /** A connection through the wire; not started. */
  connection(options: Partial<BrokerConnectionOptions> = {}): BrokerConnection {
    const url = new URL(AMQP_URL);
    url.hostname = '127.0.0.1';
    url.port = String(this.proxy.port);
    const connection = new BrokerConnection({
      url: url.href,
      topology: this.topology,
      logger: this.logger,
      name: this.topology.prefix,
      ...options,
    });
    this.onEnd(() => connection.close());
    return connection;
  }

  async connected(): Promise<BrokerConnection> {
    await this.proxy.up();
    const connection = this.connection();
    await connection.start();
    return connection;
  }

  publisher(connection: BrokerConnection, options: Partial<PublisherOptions> = {}): Publisher {
    const publisher = new Publisher(connection, { logger: this.logger, timeoutMs: PUBLISH_WITHIN_MS, ...options });
    this.onEnd(() => publisher.close());
    return publisher;
  }

  onEnd(close: () => Promise<unknown>): void {
    this.closing.unshift(close);
  }

  /**
   * As an operator at the broker's side would, past the wire. What is published is on the broker when it resolves: a quorum queue may lose
   * what came without confirms just before its channel was closed.
   */
  async behindTheScenes<T>(work: (channel: amqp.ConfirmChannel) => Promise<T> | T): Promise<T> {
    const model = await amqp.connect(AMQP_URL);
    model.on('error', () => {});
    try {
      const channel = await model.createConfirmChannel();
      channel.on('error', () => {});
      const result = await work(channel);
      await channel.waitForConfirms();
      // Closing the connection at once would overtake what the channel has not written yet.
      await closeQuietly(channel);
      return result;
    } finally {
      await model.close();
    }
  }

  async end(alsoTaskQueues: string[] = []): Promise<void> {
    for (const close of this.closing) await close();
    await this.proxy.down();
    const model = await amqp.connect(AMQP_URL);
    await deleteTopology(model, topologyOf(this.topology));
    for (const name of alsoTaskQueues) await deleteTopology(model, taskQueueTopology(this.topology, name));
    await model.close();
  }
}
