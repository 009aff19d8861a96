import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeBatch, type Delivery } from '@reprise/broker';
import { decodeInbox } from '@reprise/contracts';
import type { Received } from './advance-runs.js';
import { SchedulerPipeline } from './scheduler-pipeline.js';

/** The inbox of every shard. Acknowledged when what it led to is committed and told. */
@Controller()
export class RunInboxConsumer {
  constructor(@Inject(SchedulerPipeline) private readonly pipeline: SchedulerPipeline) {}

  @ConsumeBatch('inbox')
  async take(@Payload() deliveries: Delivery[]): Promise<void> {
    const received: Received[] = [];
    for (const delivery of deliveries) {
      const decoded = decodeInbox(delivery.body);
      if (decoded.kind === 'bad') await this.pipeline.buryMessage('inbox', delivery, decoded.reason);
      else for (const item of decoded.value) received.push({ item, redelivered: delivery.redelivered });
    }
    if (received.length > 0) await this.pipeline.submit(received);
  }
}
