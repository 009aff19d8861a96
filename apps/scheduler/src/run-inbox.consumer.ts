import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeBatch, type Delivery } from '@reprise/broker';
import { decodeInbox, shardOf } from '@reprise/contracts';
import type { Received } from './advance/received.js';
import { SchedulerPipeline } from './scheduler-pipeline.js';
import { ShareInboxes } from './shards/share-inboxes.js';

/** The inbox of every shard. Acknowledged when what it led to is committed and told. */
@Controller()
export class RunInboxConsumer {
  constructor(
    @Inject(SchedulerPipeline) private readonly pipeline: SchedulerPipeline,
    @Inject(ShareInboxes) private readonly share: Pick<ShareInboxes, 'took'>,
  ) {}

  /** Handed over before: what they led to may be committed and not told, as with those the broker delivers again. */
  private readonly tried = new WeakSet<Delivery>();

  @ConsumeBatch('inbox')
  async take(@Payload() deliveries: Delivery[]): Promise<void> {
    const received: Received[] = [];
    for (const delivery of deliveries) {
      const redelivered = delivery.redelivered || this.tried.has(delivery);
      this.tried.add(delivery);
      const decoded = decodeInbox(delivery.body);
      if (decoded.kind === 'bad') await this.pipeline.buryMessage('inbox', delivery, decoded.reason);
      else for (const item of decoded.value) received.push({ item, redelivered });
    }
    const [first] = received;
    if (first === undefined) return;
    // One queue's deliveries are of one shard.
    this.share.took(shardOf(first.item.run), received.length);
    await this.pipeline.submit(received);
  }
}
