import type { BrokerConnection } from './broker-connection.js';
import type { BrokerLogger } from './broker-logger.js';
import type { Delivery } from './delivery.js';
import { ExclusiveListener } from './exclusive-listener.js';
import type { OutgoingMessage } from './publish-request.js';
import type { Publisher } from './publisher.js';

export interface ControlChannelOptions {
  readonly publisher: Publisher;
  readonly logger: BrokerLogger;
  /** Every hint of every process, one's own included. What it throws is logged. */
  readonly onHint: (hint: Delivery) => void;
}

/**
 * Hints to every process at once (cancel, reload). Best effort: hints sent while a process is away never reach it; the
 * truth is the refused renewal of a lease.
 */
export class ControlChannel {
  private readonly listener: ExclusiveListener;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: ControlChannelOptions,
  ) {
    const { logger, onHint: onDelivery } = options;
    this.listener = new ExclusiveListener(connection, { exchange: connection.names.control, patterns: [''], logger, onDelivery });
  }

  /** Resolves when hints are heard for the first time. */
  start(): Promise<void> {
    return this.listener.start();
  }

  /** Sends a hint; nobody listening is fine, and so is a broker that is away. */
  async publish(hint: Pick<OutgoingMessage, 'body' | 'type' | 'headers'>): Promise<void> {
    await this.options.publisher.publish([{ ...hint, exchange: this.connection.names.control, routingKey: '' }]);
  }

  async stop(): Promise<void> {
    await this.listener.stop();
  }
}
