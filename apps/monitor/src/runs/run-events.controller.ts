import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { SentEventAnswer } from '@reprise/contracts';
import { ProblemError, requiredBody } from '@reprise/service';
import type { Request } from 'express';
import { idOf, noRun } from '../requests/run-id.js';
import { readSentEvent } from './read-sent-event.js';
import { SendEvent } from './send-event.js';

/** Events for one run, whatever its waits match by. */
@Controller('v1/runs/:id/events')
export class RunEventsController {
  constructor(@Inject(SendEvent) private readonly events: SendEvent) {}

  @Post()
  @HttpCode(202)
  async send(@Param('id') id: string, @Req() request: Request): Promise<SentEventAnswer> {
    const run = idOf(id);
    const answer = await this.events.send(run, readSentEvent(requiredBody(request).value));
    switch (answer.kind) {
      case 'sent':
      case 'duplicate':
        return { id: answer.id, outcome: answer.kind === 'sent' ? 'accepted' : 'duplicate', woken: answer.woken.length };
      case 'not-found':
        throw noRun(id);
      case 'ended':
        throw new ProblemError({
          status: 409,
          code: 'run_ended',
          detail: `The run has ended already: it ${answer.status === 'cancelled' ? 'was cancelled' : answer.status}.`,
        });
      case 'too-many':
        throw new ProblemError({
          status: 409,
          code: 'too_many_events',
          detail: `The run keeps ${answer.limit} events that were sent to it, and may keep no more.`,
          hint: 'publish events that many waits can take with POST /v1/events, and let the waits match them',
        });
    }
  }
}
