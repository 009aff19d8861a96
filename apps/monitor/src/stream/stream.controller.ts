import type { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Query as QueryParams, Req, Res } from '@nestjs/common';
import { RUN_STATUSES, runId, TASK_STATUSES } from '@reprise/core';
import { RunViews } from '@reprise/ledger';
import { ProblemError } from '@reprise/service';
import type { Response } from 'express';
import { type Query, QueryReader } from '../requests/read-query.js';
import { noRun } from '../requests/run-id.js';
import { DRAINING } from './draining.token.js';
import { RunStream } from './run-stream.js';

const LONGEST_ID = 200;
/** When a browser that was cut off comes back. */
const RETRY_MS = 2_000;

/** Server-sent events: what happens to runs, while it happens. */
@Controller('v1/stream')
export class StreamController {
  constructor(
    @Inject(RunStream) private readonly stream: RunStream,
    @Inject(RunViews) private readonly views: RunViews,
    @Inject(DRAINING) private readonly draining: AbortSignal,
  ) {}

  @Get()
  async follow(@QueryParams() query: Query, @Req() request: IncomingMessage, @Res() response: Response): Promise<void> {
    const reader = new QueryReader(query);
    const run = reader.id('run');
    const statuses = [...new Set([...RUN_STATUSES, ...TASK_STATUSES, 'started', 'resumed'])];
    const filter = { run, workflow: reader.text('workflow'), status: reader.oneOf('status', statuses) };
    reader.check();
    if (this.stream.isFull) throw tooMany();
    const readRun = run === null ? null : () => this.views.find(runId(run), 0);
    const subscription = await this.stream.subscribe(filter, response, { lastId: lastIdOf(request), readRun });
    if (subscription === null) throw noRun(run ?? '');
    const { end, open, subscriber } = subscription;
    const catchUp = (): void => subscriber.catchUp();
    const close = (): void => {
      end();
      response.off('drain', catchUp);
      this.draining.removeEventListener('abort', close);
      response.end();
    };
    response.once('close', close);
    response.on('drain', catchUp);
    // A client that is gone is told by its close.
    response.on('error', () => undefined);
    this.draining.addEventListener('abort', close);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // nginx holds back what it proxies unless it is told not to.
      'x-accel-buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    open();
    if (this.draining.aborted || response.destroyed) close();
  }
}

function lastIdOf({ headers }: IncomingMessage): string | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id.slice(0, LONGEST_ID) : null;
}

const tooMany = (): ProblemError =>
  new ProblemError({
    status: 503,
    code: 'too_many_streams',
    detail: 'This monitor has as many readers of its stream as it can take.',
    hint: 'close some, or ask another monitor',
  });
