import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { Json } from '@reprise/core';
import { ProblemError, type ReceivedBody, receivedBody, requiredBody, type ServiceContext } from '@reprise/service';
import type { Request } from 'express';
import type { ReadEvent } from '../events/read-cloud-event.js';
import { SERVICE_CONTEXT } from '../pipeline/service-context.token.js';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import type { ReceivedRequest } from '../starts/start-request.js';
import { isBatch, isBinary, readHttpEvents } from './read-http-events.js';
import { shownEvent } from './shown-event.js';

const MOST_EVENTS = 1_000;

/** CloudEvents over HTTP: structured, binary, batch. All of a batch is durable when it is answered. */
@Controller('v1/events')
export class EventsController {
  constructor(
    @Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline,
    @Inject(SERVICE_CONTEXT) private readonly context: ServiceContext,
  ) {}

  @Post()
  @HttpCode(202)
  async accept(@Req() request: Request) {
    // A binary event is whole in its headers: without a body it has no data.
    const body = isBinary(request.headers) ? receivedBody(request) : requiredBody(request);
    const read = this.measured(request, body, readHttpEvents(request.headers, (body.value ?? null) as Json));
    if (read.length > MOST_EVENTS) {
      throw new ProblemError({
        status: 413,
        code: 'too_many_events',
        detail: `a batch may have ${MOST_EVENTS} events, this one has ${read.length}`,
      });
    }
    const errors = read.flatMap((each, index) =>
      each.kind === 'bad' ? [{ path: read.length === 1 ? '' : `[${index}]`, message: each.reason }] : [],
    );
    if (errors.length > 0) {
      this.pipeline.countRefused(errors.length);
      const hint =
        'send a CloudEvent 1.0: structured (application/cloudevents+json), batch, or binary with ce-id, ce-source, ce-type headers';
      throw new ProblemError({ status: 422, code: 'invalid_event', detail: errors[0]?.message ?? 'not an event', errors, hint });
    }
    const requests = read.flatMap((each): ReceivedRequest[] =>
      each.kind === 'ok' ? [{ kind: 'event', event: each.event, redelivered: false, via: 'http' }] : [],
    );
    const answers = await this.pipeline.answer(requests, request, '/v1/events');
    const failed = answers.flatMap((answer, index) =>
      answer.kind === 'failed' ? [{ path: answers.length === 1 ? '' : `[${index}]`, message: answer.reason }] : [],
    );
    if (failed.length > 0) {
      const hint = 'the other events of the batch are durable; sent again, they are known as duplicates';
      throw new ProblemError({
        status: 500,
        code: 'internal',
        detail: `the ledger refuses: ${failed[0]?.message}`,
        errors: failed,
        hint,
      });
    }
    return { results: answers.flatMap((answer) => (answer.kind === 'event' ? [shownEvent(answer)] : [])) };
  }

  /** As over AMQP: the message is measured, of a batch each event. @throws ProblemError 413 when the only event is too large */
  private measured(request: Request, { bytes, value }: ReceivedBody, read: readonly ReadEvent[]): readonly ReadEvent[] {
    const { maxEventBytes } = this.context.settings.limits;
    if (bytes.length <= maxEventBytes) return read;
    const tooLarge = (size: number) => `the event has ${size} bytes, more than ${maxEventBytes} (REPRISE_MAX_EVENT_BYTES)`;
    if (!isBatch(request.headers)) {
      this.pipeline.countRefused(1);
      throw new ProblemError({ status: 413, code: 'body_too_large', detail: tooLarge(bytes.length) });
    }
    const events: readonly unknown[] = Array.isArray(value) ? value : [];
    return read.map((each, index) => {
      const size = Buffer.byteLength(JSON.stringify(events[index] ?? null));
      return size > maxEventBytes ? { kind: 'bad', reason: tooLarge(size) } : each;
    });
  }
}
