import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ConsumeBatch, type Delivery } from '@reprise/broker';
import { faultPoint, type ServiceContext } from '@reprise/service';
import { answerProblem } from '../http/answer-problem.js';
import { KEY } from '../http/read-start.js';
import { SERVICE_CONTEXT } from '../pipeline/service-context.token.js';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import type { ReceivedRequest } from '../starts/start-request.js';
import { overAmqp } from '../starts/trace-arrival.js';
import { anonymousStart, readAmqpEvent, readJsonBody } from './read-amqp-event.js';

const START = 'run.start.';

/** A batch that the database did not answer is handed in again: what had no id of its own must keep the one it was given. */
const givenIds = new WeakMap<Delivery, string>();

const workflowOf = (delivery: Delivery): string => delivery.routingKey.slice(START.length);

/** What users publish. A message is acknowledged once it is in Postgres and what follows from it is told. */
@Controller()
export class TriggerEventsConsumer {
  constructor(
    @Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline,
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
  ) {}

  @ConsumeBatch('trigger')
  async take(@Payload() deliveries: Delivery[]): Promise<void> {
    const requests: ReceivedRequest[] = [];
    const origins: Delivery[] = [];
    for (const delivery of deliveries) {
      const read = this.read(delivery);
      if (read.kind === 'bad') await this.pipeline.bury(delivery, read.reason);
      else {
        requests.push(this.arrived(read.request, delivery));
        origins.push(delivery);
      }
    }
    const answers = await this.pipeline.answerAndTell(requests);
    for (const [index, answer] of answers.entries()) {
      const origin = origins[index];
      if (origin === undefined || answer.kind === 'event' || answer.kind === 'started' || answer.kind === 'exists') continue;
      const reason = answer.kind === 'failed' ? answer.reason : answerProblem(workflowOf(origin), answer).detail;
      await this.pipeline.bury(origin, reason);
    }
    await faultPoint('trigger.before-ack');
  }

  private arrived(request: ReceivedRequest, delivery: Delivery): ReceivedRequest {
    const { tracing, clock, settings } = this.context;
    if (tracing === null) return request;
    return { ...request, arrival: overAmqp(delivery, request, `${settings.prefix}.trigger`, clock) };
  }

  private read(
    delivery: Delivery,
  ): { readonly kind: 'ok'; readonly request: ReceivedRequest } | { readonly kind: 'bad'; readonly reason: string } {
    const { limits } = this.context.settings;
    const { routingKey, properties, redelivered } = delivery;
    if (!routingKey.startsWith(START)) {
      const read = readAmqpEvent(delivery, limits, () => this.givenId(delivery));
      return read.kind === 'bad' ? read : { kind: 'ok', request: { kind: 'event', event: read.event, redelivered, via: 'amqp' } };
    }
    const body = readJsonBody(delivery.body, limits);
    if (body.kind === 'bad') return body;
    const { messageId: key = '' } = properties;
    const workflow = workflowOf(delivery);
    if (key === '') {
      const event = anonymousStart(delivery, body.value, () => this.givenId(delivery));
      return { kind: 'ok', request: { kind: 'event', event, redelivered, via: 'amqp', startOf: workflow } };
    }
    if (!KEY.test(key))
      return { kind: 'bad', reason: 'message_id, the idempotency key, must be 1 to 255 printable ASCII characters' };
    return { kind: 'ok', request: { kind: 'start', workflow, version: null, input: body.value, labels: {}, key, via: 'amqp' } };
  }

  private givenId(delivery: Delivery): string {
    const id = givenIds.get(delivery) ?? this.context.clock.uuid();
    givenIds.set(delivery, id);
    return id;
  }
}
