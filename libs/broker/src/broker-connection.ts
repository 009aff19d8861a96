import { EventEmitter } from 'node:events';
import {
  names,
  type Topology,
  type TopologyNames,
  type TopologyOptions,
  taskQueueTopology,
  topologyOf,
} from '@reprise/contracts';
import type { ChannelModel } from 'amqplib';
import { BrokerError, reasonOf, replyCodeOf, TopologyMismatchError } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { migrateQueue, resumeMigrations } from './migrate-queue.js';
import { onThrowAwayChannel, prepareTopology } from './prepare-topology.js';
import { type LinkState, RecoveringLink } from './recovering-link.js';

export type BrokerState = LinkState;

export interface BrokerConnectionOptions {
  /** `amqp://user:password@host:port/vhost`, further nodes of a cluster behind commas (`@one,two:5673/`); a `heartbeat` in its query wins over `heartbeatSeconds`. */
  readonly url: string;
  /** Declared on every connect. */
  readonly topology: TopologyOptions;
  readonly logger: BrokerLogger;
  /** A queue whose arguments have changed is moved instead of waited for. Default false. */
  readonly migrateQueues?: boolean;
  /** What operators see in the broker's list of connections, with `/publish` and `/consume` behind it. */
  readonly name?: string;
  /** A half-open connection is noticed after about twice this. Default 10. */
  readonly heartbeatSeconds?: number;
  /** The longest pause between two attempts to connect. Default 2,000. */
  readonly maximumPauseMs?: number;
}

interface BrokerEvents {
  /** Connected again after a loss; consumers and publishers have their channels back or are about to. */
  recovered: [];
}

const NOT_FOUND = 404;
const REPAIR_PAUSE_MS = 5_000;

/**
 * A process's two connections: one to publish, one to consume, because a broker short of memory or disk stops reading
 * from connections that publish, and acknowledgements must still get through.
 */
export class BrokerConnection extends EventEmitter<BrokerEvents> {
  readonly names: TopologyNames;
  readonly publishing: RecoveringLink;
  readonly consuming: RecoveringLink;
  private readonly addedQueues = new Set<string>();
  private declaring: Promise<void> | undefined;
  private connectedBefore = false;
  private repairing = false;

  constructor(private readonly options: BrokerConnectionOptions) {
    super();
    this.setMaxListeners(0);
    this.names = names(options.topology.prefix, options.topology.wheelLevels);
    this.publishing = this.link('publish');
    this.consuming = this.link('consume');
    for (const link of [this.publishing, this.consuming]) link.on('up', () => this.noticeRecovery());
  }

  /** Connects, however long that takes (see the log and `state()`), and resolves once both connections are usable. */
  async start(): Promise<void> {
    this.publishing.start();
    this.consuming.start();
    await Promise.all([this.publishing.whenUp(), this.consuming.whenUp()]);
  }

  /** For readiness: the worse of the two connections. */
  state(): BrokerState {
    const publishing = this.publishing.state();
    const consuming = this.consuming.state();
    return consuming.kind === 'connected' ? publishing : consuming;
  }

  /** Declares a task queue now and on every later connect. Waits for the connection. */
  async ensureTaskQueue(name: string): Promise<void> {
    if (this.addedQueues.has(name) || this.options.topology.taskQueues?.includes(name)) return;
    const added = taskQueueTopology(this.options.topology, name);
    this.addedQueues.add(name);
    const model = await this.consumingNow();
    try {
      await this.prepare(model, added);
    } catch (error) {
      if (error instanceof TopologyMismatchError) {
        this.addedQueues.delete(name);
        throw error;
      }
      // The connection went away: coming back declares the queue with the rest.
      await this.consumingNow();
    }
  }

  /** Declares the whole topology again, for instance after someone has deleted a queue. Waits for the connection. */
  async redeclare(): Promise<void> {
    // On the consuming connection: the other one may be blocked.
    await this.declare(await this.consumingNow());
  }

  /**
   * A message to this exchange found no queue. Attempts and lifecycle events may; anything else means that somebody has
   * deleted a queue of ours, and one without consumers (the wheel's) is missed by nobody else.
   */
  repairRouting(exchange: string): void {
    const { events, inbox, timers, dead, prefix } = this.names;
    const expected = [events, inbox, timers, dead].includes(exchange) || exchange.startsWith(`${prefix}.delay.`);
    if (!expected || this.repairing) return;
    this.repairing = true;
    this.options.logger.error({ exchange }, 'a message of ours found no queue, declaring the topology again');
    const rest = () => setTimeout(() => (this.repairing = false), REPAIR_PAUSE_MS).unref();
    this.redeclare().then(rest, rest);
  }

  /** Messages ready in a queue, without those delivered and not acknowledged; null when there is no such queue. */
  async queueDepth(queue: string): Promise<number | null> {
    const model = this.consuming.current();
    if (!model) throw new BrokerError('NOT_CONNECTED', 'not connected to RabbitMQ');
    try {
      const { messageCount } = await onThrowAwayChannel(model, (channel) => channel.checkQueue(queue));
      return messageCount;
    } catch (error) {
      if (replyCodeOf(error) === NOT_FOUND) return null;
      throw new BrokerError('NOT_CONNECTED', `cannot ask for the depth of ${queue}: ${reasonOf(error)}`, error);
    }
  }

  /** Close consumers and publishers first: what they have not settled is delivered again. */
  async close(): Promise<void> {
    await Promise.all([this.publishing.close(), this.consuming.close()]);
  }

  private link(purpose: 'publish' | 'consume'): RecoveringLink {
    const { url, logger, name = 'reprise', heartbeatSeconds = 10, maximumPauseMs = 2_000 } = this.options;
    return new RecoveringLink({
      url,
      logger,
      name: `${name}/${purpose}`,
      heartbeatSeconds,
      maximumPauseMs,
      prepare: (model) => this.declare(model),
    });
  }

  /** Both connections come up together and need the same declarations: the second waits for the first's. */
  private declare(model: ChannelModel): Promise<void> {
    this.declaring ??= this.prepare(model, this.topology()).finally(() => {
      this.declaring = undefined;
    });
    return this.declaring;
  }

  /** Declares what is missing; with `migrateQueues` each queue that was declared otherwise is moved, one after the other. */
  private async prepare(model: ChannelModel, topology: Topology): Promise<void> {
    const { migrateQueues = false, logger } = this.options;
    if (!migrateQueues) return prepareTopology(model, topology);
    const options = { prefix: this.names.prefix, topology, logger };
    await resumeMigrations(model, options);
    for (let left = topology.queues.length; ; left -= 1) {
      try {
        return await prepareTopology(model, topology);
      } catch (error) {
        if (!(error instanceof TopologyMismatchError) || error.object !== 'queue' || left === 0) throw error;
        await migrateQueue(model, error.objectName, options);
      }
    }
  }

  private topology(): Topology {
    const { topology } = this.options;
    return topologyOf({ ...topology, taskQueues: [...(topology.taskQueues ?? []), ...this.addedQueues] });
  }

  private async consumingNow(): Promise<ChannelModel> {
    const model = await this.consuming.whenUp();
    if (!model) throw new BrokerError('CLOSED', 'the connection to RabbitMQ was closed');
    return model;
  }

  private noticeRecovery(): void {
    if (!this.publishing.current() || !this.consuming.current()) return;
    if (this.connectedBefore) this.emit('recovered');
    this.connectedBefore = true;
  }
}
