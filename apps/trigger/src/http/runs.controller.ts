import { Controller, Headers, HttpCode, HttpStatus, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { durationMs, identityOf, ProblemError, requiredBody } from '@reprise/service';
import type { Request, Response } from 'express';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import type { StartAnswer } from '../starts/start-request.js';
import { answerProblem } from './answer-problem.js';
import { readStart } from './read-start.js';
import { statusOf } from './status-of.js';

const LONGEST_WAIT_MS = 10 * 60_000;
const MOST_STARTS = 1_000;

/** Starts by name. */
@Controller('v1/workflows/:name')
export class RunsController {
  constructor(@Inject(TriggerPipeline) private readonly pipeline: TriggerPipeline) {}

  @Post('runs')
  async start(
    @Param('name') name: string,
    @Headers('idempotency-key') key: string | undefined,
    @Query('wait') wait: string | undefined,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const waitMs = wait === undefined ? null : waitOf(wait);
    const read = readStart(name, requiredBody(request).value, key ?? null, 'http', identityOf(request));
    const [answer] = await this.pipeline.answer([read], request, '/v1/workflows/{name}/runs');
    if (answer === undefined || (answer.kind !== 'started' && answer.kind !== 'exists')) throw answerProblem(name, answer);
    const { run: id } = answer;
    response.status(answer.kind === 'exists' ? HttpStatus.OK : HttpStatus.ACCEPTED);
    if (answer.kind === 'exists') response.setHeader('Idempotent-Replayed', 'true');
    response.setHeader('Location', `/v1/runs/${id}`);
    const status = statusOf(answer);
    if (waitMs === null) return { id, status };
    const ended = await this.pipeline.waiting.ended(id, waitMs);
    const run = await this.pipeline.waiting.read(id, ended);
    if (run === null) throw deletedRun(id);
    response.status(ended ? HttpStatus.OK : HttpStatus.ACCEPTED);
    return run;
  }

  /** Up to 1,000 starts, durable together; each has its own answer. */
  @Post('runs:batch')
  @HttpCode(202)
  async startBatch(@Param('name') name: string, @Req() request: Request) {
    const body = requiredBody(request).value;
    const items = typeof body === 'object' && body !== null && 'items' in body ? body.items : body;
    if (!Array.isArray(items))
      throw new ProblemError({
        status: 422,
        code: 'invalid_batch',
        detail: 'the body must be a list of {input, key?, version?, labels?}',
      });
    if (items.length > MOST_STARTS) {
      throw new ProblemError({
        status: 413,
        code: 'too_many_starts',
        detail: `a batch may have ${MOST_STARTS} starts, this one has ${items.length}`,
      });
    }
    const startedBy = identityOf(request);
    const read = items.map((item: unknown) => readItem(name, item, startedBy));
    const starts = read.flatMap((each) => (each instanceof ProblemError ? [] : [each]));
    const answers = await this.pipeline.answer(starts, request, '/v1/workflows/{name}/runs:batch');
    let next = 0;
    return { results: read.map((each) => (each instanceof ProblemError ? problemItem(each) : itemOf(name, answers[next++]))) };
  }
}

/** One bad item is answered by itself; the others start. */
function readItem(name: string, item: unknown, startedBy: string): ReturnType<typeof readStart> | ProblemError {
  try {
    return readStart(name, item, null, 'http', startedBy);
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}

function itemOf(name: string, answer: StartAnswer | undefined) {
  if (answer?.kind === 'started') return { status: 202, id: answer.run, runStatus: statusOf(answer) };
  if (answer?.kind === 'exists') return { status: 200, id: answer.run, runStatus: statusOf(answer) };
  return problemItem(answerProblem(name, answer));
}

const problemItem = ({ status, code, detail, errors }: ProblemError) => ({ status, code, detail, errors });

/** Its key lives longer than the run does: nothing starts, and there is nothing to wait for. */
const deletedRun = (id: string): ProblemError =>
  new ProblemError({
    status: HttpStatus.GONE,
    code: 'run_deleted',
    detail: `run ${id} was started under this key, has ended, and has been deleted since (REPRISE_RETENTION)`,
  });

function waitOf(wait: string): number {
  const ms = durationMs(wait);
  if (ms === null || ms > LONGEST_WAIT_MS) {
    throw new ProblemError({
      status: 400,
      code: 'invalid_wait',
      detail: `wait must be a duration up to 10m such as 30s, got "${wait}"`,
    });
  }
  return ms;
}
