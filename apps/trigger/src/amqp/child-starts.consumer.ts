import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeBatch, type Delivery } from '@reprise/broker';
import { decodeChildStarts } from '@reprise/contracts';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import type { StartRequest } from '../starts/start-request.js';

/** Starts that tasks wait for. Acknowledged once the run is in Postgres, or its parent is told why it cannot be. */
@Controller()
export class ChildStartsConsumer {
  constructor(@Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline) {}

  /** Handed over before: their runs may be committed and not told, as with those the broker delivers again. */
  private readonly tried = new WeakSet<Delivery>();

  @ConsumeBatch('starts')
  async take(@Payload() deliveries: Delivery[]): Promise<void> {
    const requests: StartRequest[] = [];
    for (const delivery of deliveries) {
      const redelivered = delivery.redelivered || this.tried.has(delivery);
      this.tried.add(delivery);
      const decoded = decodeChildStarts(delivery.body);
      if (decoded.kind === 'bad') await this.pipeline.bury(delivery, decoded.reason);
      else requests.push(...decoded.value.map((child) => ({ kind: 'child' as const, child, redelivered })));
    }
    await this.pipeline.answerAndTell(requests);
  }
}
