import { Controller, Get, Headers, Inject, Post, Query, Req, Res } from '@nestjs/common';
import { isUuid } from '@reprise/core';
import type { PageRequest } from '@reprise/ledger';
import { identityOf, ProblemError, receivedBody } from '@reprise/service';
import type { Request, Response } from 'express';
import type { ScheduleName } from '../schedules/operate-schedules.js';
import { backfillNotFound } from '../schedules/schedule-problem.js';
import { Schedules } from '../schedules/schedules.js';
import type { StartAnswer } from '../starts/start-request.js';
import { previewSchedule } from './preview-schedule.js';
import { FieldsReader } from './read-schedule-fields.js';
import { readSchedulePath, type SchedulePath } from './read-schedule-path.js';
import { KEY } from './read-start.js';

const MOST_LISTED = 500;
const MOST_PREVIEWED = 1_000;
const MOST_PARALLEL = 1_000;

/** Schedules, by name: `WORKFLOW/ID` as two segments, or as one with the `/` encoded. */
@Controller('v1/schedules')
export class SchedulesController {
  constructor(@Inject(Schedules) private readonly schedules: Schedules) {}

  @Get()
  async list(@Query() query: unknown) {
    const reader = new FieldsReader(query, 'query');
    const workflow = reader.text('workflow');
    const { limit, cursor } = readPage(reader);
    return this.schedules.operate.list(workflow, limit, cursor);
  }

  @Get('*path')
  async read(@Req() request: Request, @Query() query: unknown) {
    const { operate } = this.schedules;
    const path = readSchedulePath(request.url);
    const reader = new FieldsReader(query, 'query');
    const [verb, id, ...more] = path.rest;
    if (verb === 'preview' && id === undefined) {
      const { count, from } = readPreview(reader);
      return { items: await operate.preview(path, count, from), next: null };
    }
    if (verb === 'backfills' && id === undefined) return operate.listBackfills(path, readPage(reader));
    reader.check(400);
    if (verb === undefined) return operate.get(path);
    if (verb === 'backfills' && id !== undefined && more.length === 0) return operate.backfillOf(path, backfillId(path, id));
    throw unknownVerb(path);
  }

  /** The instants of a schedule that is not registered. */
  @Post('preview')
  async previewOne(@Req() request: Request, @Query() query: unknown, @Res({ passthrough: true }) response: Response) {
    const { count, from } = readPreview(new FieldsReader(query, 'query'));
    response.status(200);
    return { items: previewSchedule(receivedBody(request).value, from ?? this.schedules.now(), count), next: null };
  }

  @Post('*path')
  async act(
    @Req() request: Request,
    @Headers('idempotency-key') key: string | undefined,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { operate } = this.schedules;
    const path = readSchedulePath(request.url);
    const reader = new FieldsReader(receivedBody(request).value, 'body');
    const [verb, id, last] = path.rest;
    response.status(200);
    switch (path.rest.length === 1 ? verb : undefined) {
      case 'pause': {
        const reason = reader.text('reason');
        reader.check(422);
        return operate.pause(path, identityOf(request), reason);
      }
      case 'resume':
        reader.check(422);
        return operate.resume(path);
      case 'trigger':
        reader.check(422);
        return this.trigger(path, identityOf(request), key ?? null, response);
      case 'backfill':
        return this.backfill(path, identityOf(request), reader, response);
      default:
        if (verb !== 'backfills' || id === undefined || last !== 'cancel' || path.rest.length > 3) throw unknownVerb(path);
        reader.check(422);
        return operate.cancelBackfill(path, backfillId(path, id));
    }
  }

  private async trigger(name: ScheduleName, by: string, key: string | null, response: Response) {
    if (key !== null && !KEY.test(key)) {
      const detail = 'the Idempotency-Key must be 1 to 255 printable ASCII characters';
      throw new ProblemError({ status: 422, code: 'invalid_start', detail });
    }
    const answer = await this.schedules.operate.trigger(name, by, key);
    if (answer.kind !== 'event') throw refusedFiring(answer);
    const [result] = answer.results;
    if (result === undefined || !('run' in result)) {
      const detail = result !== undefined && 'reason' in result ? result.reason : 'nothing came of it';
      throw new ProblemError({ status: 422, code: 'no_run', detail });
    }
    response.status(answer.outcome === 'duplicate' ? 200 : 202);
    response.setHeader('Location', `/v1/runs/${result.run}`);
    return { id: result.run, outcome: answer.outcome };
  }

  private async backfill(name: ScheduleName, by: string, reader: FieldsReader, response: Response) {
    const [from, to] = [reader.instant('from'), reader.instant('to')];
    const parallel = reader.count('parallel', 1, 1, MOST_PARALLEL);
    const order = { parallel, everyMs: reader.rate('rate'), rerun: reader.flag('rerun'), dryRun: reader.flag('dryRun') };
    if (from === null) reader.refuse('from', 'is required: the first instant, such as 2030-01-01T00:00:00Z');
    if (to === null) reader.refuse('to', 'is required: the last instant, such as 2030-01-31T00:00:00Z');
    if (from !== null && to !== null && from > to) reader.refuse('to', 'is before from');
    reader.check(422);
    const view = await this.schedules.operate.backfill(name, { from: from ?? 0, to: to ?? 0, by, ...order });
    response.status(order.dryRun ? 200 : 202);
    return view;
  }
}

/** Call last. */
function readPage(reader: FieldsReader): PageRequest {
  const page = { limit: reader.count('limit', 50, 1, MOST_LISTED), cursor: reader.text('cursor') };
  reader.check(400);
  return page;
}

function readPreview(reader: FieldsReader): { readonly count: number; readonly from: number | null } {
  const count = reader.count('count', 10, 1, MOST_PREVIEWED);
  const from = reader.instant('from');
  reader.check(400);
  return { count, from };
}

function backfillId({ workflow, schedule }: SchedulePath, id: string): string {
  if (!isUuid(id)) throw backfillNotFound(`${workflow}/${schedule}`, id);
  return id;
}

const unknownVerb = ({ workflow, schedule, rest }: SchedulePath): ProblemError =>
  new ProblemError({
    status: 404,
    code: 'not_found',
    detail: `a schedule has nothing called ${JSON.stringify(rest.join('/').slice(0, 100))}`,
    hint: `POST /v1/schedules/${workflow}/${schedule}/pause, resume, trigger, backfill; GET …/preview, …/backfills`,
  });

const refusedFiring = (answer: Exclude<StartAnswer, { kind: 'event' }>): ProblemError =>
  new ProblemError({
    status: 500,
    code: 'internal',
    detail: `the ledger refuses this firing: ${answer.kind === 'failed' ? answer.reason : answer.kind}`,
  });
