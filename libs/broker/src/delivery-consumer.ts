import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from './broker-connection.js';
import { type Delivery, deliveryOf } from './delivery.js';
import { untilItSucceeds } from './keep-trying.js';
import { within } from './pause.js';
import { type ConsumerSession, QueueSubscription, type SubscriptionOptions } from './queue-subscription.js';

export interface DeliveryConsumerOptions extends SubscriptionOptions {
  /** Acknowledged when it resolves; called again with the same delivery after 200 ms … 5 s when it rejects. */
  readonly onDelivery: (delivery: Delivery) => Promise<void>;
}

/** Settles one by one, in any order: for deliveries that are held for a while. As many at once as `prefetch`. */
export class DeliveryConsumer {
  private readonly subscription: QueueSubscription;
  private readonly stopping = new AbortController();
  private readonly inFlight = new Set<Promise<void>>();

  constructor(
    connection: BrokerConnection,
    private readonly options: DeliveryConsumerOptions,
  ) {
    this.subscription = new QueueSubscription(connection, options, (session, message) => this.take(session, message));
  }

  get queue(): string {
    return this.options.queue;
  }

  /** Resolves when the queue is consumed for the first time; waits for the broker and the queue as long as it takes. */
  start(): Promise<void> {
    return this.subscription.start();
  }

  /** Takes nothing new, lets deliveries in flight finish (at most `drainMs`), and gives the rest back. */
  async stop(drainMs = 30_000): Promise<void> {
    this.stopping.abort();
    await this.subscription.cancel();
    await within(Promise.all(this.inFlight), drainMs);
    await this.subscription.close();
  }

  private take(session: ConsumerSession, message: ConsumeMessage): void {
    if (this.stopping.signal.aborted) return;
    const running = this.run(session, message).finally(() => this.inFlight.delete(running));
    this.inFlight.add(running);
  }

  private async run(session: ConsumerSession, message: ConsumeMessage): Promise<void> {
    const { onDelivery, queue, logger } = this.options;
    const delivery = deliveryOf(message);
    const outcome = await untilItSucceeds(() => onDelivery(delivery), {
      signals: [this.stopping.signal, session.ended],
      details: { queue, deliveries: 1 },
      logger,
    });
    if (outcome.kind === 'done') session.ack(message);
  }
}
