import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeEach, type Delivery } from '@reprise/broker';
import { decodeAlarm } from '@reprise/contracts';
import { SchedulerPipeline } from './scheduler-pipeline.js';

/** Where alarms come out of the delay wheel: never late by the wheel's grain, at most early by it, so the rest is held here. */
@Controller()
export class TimersConsumer {
  constructor(@Inject(SchedulerPipeline) private readonly pipeline: SchedulerPipeline) {}

  @ConsumeEach('timers')
  async ring(@Payload() delivery: Delivery): Promise<void> {
    const decoded = decodeAlarm(delivery.body);
    if (decoded.kind === 'bad') await this.pipeline.buryMessage('timers', delivery, decoded.reason);
    else await this.pipeline.ring(decoded.value, delivery.redelivered);
  }
}
