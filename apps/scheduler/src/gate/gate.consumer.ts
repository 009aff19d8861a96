import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeBatch, type Delivery } from '@reprise/broker';
import { AnswerRequests } from './answer-requests.js';

/** Requests of workers that speak only AMQP. Acknowledged when they are acted on and answered. */
@Controller()
export class GateConsumer {
  constructor(@Inject(AnswerRequests) private readonly gate: AnswerRequests) {}

  @ConsumeBatch('gate')
  async take(@Payload() deliveries: Delivery[]): Promise<void> {
    await this.gate.answer(deliveries);
  }
}
