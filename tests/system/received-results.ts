import type { TestBroker } from '@reprise/testing';
import * as amqp from 'amqplib';

export interface Received {
  /** Of every message for this document, in the order in which they came. */
  readonly messageIds: readonly string[];
  readonly bodies: readonly unknown[];
}

/** Whoever receives the results of a batch: an exchange with a queue that knows nothing of Reprise. Both go when `end` is called. */
export class ReceivedResults {
  private readonly received = new Map<string, { readonly messageIds: string[]; readonly bodies: unknown[] }>();

  private constructor(
    readonly exchange: string,
    private readonly model: amqp.ChannelModel,
  ) {}

  static async from(broker: TestBroker, name: string): Promise<ReceivedResults> {
    const model = await amqp.connect(broker.url);
    const channel = await model.createChannel();
    const { exchange } = await channel.assertExchange(`${broker.prefix}-${name}`, 'topic', { durable: false, autoDelete: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, exchange, '#');
    const results = new ReceivedResults(exchange, model);
    await channel.consume(queue, (message) => message !== null && results.take(message), { noAck: true });
    return results;
  }

  get messages(): number {
    return [...this.received.values()].reduce((sum, { messageIds }) => sum + messageIds.length, 0);
  }

  /** For how many documents something came. */
  get documents(): number {
    return this.received.size;
  }

  of(document: string): Received {
    return this.received.get(document) ?? { messageIds: [], bodies: [] };
  }

  names(): readonly string[] {
    return [...this.received.keys()];
  }

  async end(): Promise<void> {
    await this.model.close();
  }

  private take({ content, properties }: amqp.ConsumeMessage): void {
    const body = JSON.parse(content.toString('utf8')) as { readonly document: string };
    const known = this.received.get(body.document) ?? { messageIds: [], bodies: [] };
    known.messageIds.push(String(properties.messageId));
    known.bodies.push(body);
    this.received.set(body.document, known);
  }
}
