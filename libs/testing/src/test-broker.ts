import { names } from '@reprise/contracts';
import type * as amqp from 'amqplib';
import { BROKER_URL, connectTo, dropTopology, testPrefix } from './test-prefix.js';

/** A prefix of one's own on the real broker, and a look behind the scenes. `end` removes every trace. */
export class TestBroker implements AsyncDisposable {
  readonly prefix = testPrefix();
  readonly names = names(this.prefix);

  constructor(readonly url: string = BROKER_URL) {}

  /**
   * As an operator at the broker's side would. What is published is on the broker when it resolves: a quorum queue may lose what came
   * without confirms just before its channel was closed.
   */
  async channel<Result>(work: (channel: amqp.ConfirmChannel) => Promise<Result>): Promise<Result> {
    const model = await connectTo(this.url);
    model.on('error', () => undefined);
    try {
      const channel = await model.createConfirmChannel();
      channel.on('error', () => undefined);
      const result = await work(channel);
      await channel.waitForConfirms();
      await channel.close();
      return result;
    } finally {
      await model.close();
    }
  }

  /** Takes what is in these queues now. */
  async take(...queues: readonly string[]): Promise<readonly Buffer[]> {
    return this.channel(async (channel) => {
      const bodies: Buffer[] = [];
      for (const queue of queues) {
        for (let message = await channel.get(queue, { noAck: true }); message !== false; ) {
          bodies.push(message.content);
          message = await channel.get(queue, { noAck: true });
        }
      }
      return bodies;
    });
  }

  async end(taskQueues: readonly string[] = []): Promise<void> {
    await dropTopology(this.prefix, taskQueues, this.url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
