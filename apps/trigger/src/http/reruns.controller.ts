import { Controller, Headers, HttpStatus, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import { answerProblem } from './answer-problem.js';
import { readRerun } from './read-rerun.js';
import { statusOf } from './status-of.js';

/** Starts that repeat an earlier run. */
@Controller('v1/runs/:id')
export class RerunsController {
  constructor(@Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline) {}

  @Post('rerun')
  async rerun(
    @Param('id') id: string,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const [answer] = await this.pipeline.answer([readRerun(id, key ?? null, request)], request, '/v1/runs/{id}/rerun');
    if (answer === undefined || (answer.kind !== 'started' && answer.kind !== 'exists'))
      throw answerProblem('the workflow', answer);
    response.status(answer.kind === 'exists' ? HttpStatus.OK : HttpStatus.ACCEPTED);
    if (answer.kind === 'exists') response.setHeader('Idempotent-Replayed', 'true');
    response.setHeader('Location', `/v1/runs/${answer.run}`);
    return { id: answer.run, status: statusOf(answer) };
  }
}
