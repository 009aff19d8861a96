import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { Json } from '@reprise/core';
import { isIdentified, ProblemError, requiredBody } from '@reprise/service';
import type { Request } from 'express';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import { shownEvent } from './shown-event.js';

/** `POST /v1/hooks/PATH`: what other systems send. Durable when it is answered. */
@Controller('v1/hooks')
export class WebhooksController {
  constructor(@Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline) {}

  @Post('*path')
  @HttpCode(202)
  async receive(@Req() request: Request, @Param('path') path: string | readonly string[]) {
    const { bytes, value } = requiredBody(request);
    const received = {
      path: typeof path === 'string' ? path : path.join('/'),
      headers: request.headers,
      body: bytes,
      data: value as Json,
      identified: isIdentified(request),
    };
    const accepted = await this.pipeline.webhooks.accept(received);
    const [answer] = await this.pipeline.answer([accepted], request, '/v1/hooks/{path}');
    if (answer?.kind === 'event') return { results: [shownEvent(answer)] };
    const reason = answer?.kind === 'failed' ? answer.reason : 'no answer';
    throw new ProblemError({ status: 500, code: 'internal', detail: `the ledger refuses: ${reason}` });
  }
}
