import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParams, Req } from '@nestjs/common';
import type { Page, QueueView } from '@reprise/contracts';
import { identityOf, ProblemError } from '@reprise/service';
import { type Query, readPage } from '../requests/read-query.js';
import { readReason } from '../requests/read-reason.js';
import { ListQueues } from './list-queues.js';
import { PauseQueue } from './pause-queue.js';

const LONGEST_NAME = 200;

/** Task queues, and whether executors take anything from them. */
@Controller('v1/queues')
export class QueuesController {
  constructor(
    @Inject(ListQueues) private readonly queues: ListQueues,
    @Inject(PauseQueue) private readonly pauseQueue: PauseQueue,
  ) {}

  /** By name. */
  @Get()
  async list(@QueryParams() query: Query): Promise<Page<QueueView>> {
    return this.queues.page(readPage(query));
  }

  @Post(':name/pause')
  @HttpCode(200)
  async pause(@Param('name') name: string, @Body() body: unknown, @Req() request: IncomingMessage): Promise<QueueView> {
    const reason = readReason(body);
    const isPaused = await this.pauseQueue.pause(checked(name), identityOf(request), reason);
    if (!isPaused) throw wrongState(name, 'is paused already', 'resume it to let executors take from it again');
    return this.queues.one(name);
  }

  @Post(':name/resume')
  @HttpCode(200)
  async resume(@Param('name') name: string, @Req() request: IncomingMessage): Promise<QueueView> {
    const isResumed = await this.pauseQueue.resume(checked(name), identityOf(request));
    if (!isResumed) throw wrongState(name, 'is not paused', 'executors take from it as they have free slots');
    return this.queues.one(name);
  }
}

const wrongState = (name: string, is: string, hint: string): ProblemError =>
  new ProblemError({ status: 409, code: 'wrong_state', detail: `The queue ${name} ${is}.`, hint });

/** Any name that a queue could have: it may be paused before an executor reads it. */
function checked(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no queue has them in its name, and a database takes no NUL.
  if (name.length <= LONGEST_NAME && name.isWellFormed() && !/[*#\s\u0000-\u001f]/.test(name)) return name;
  const detail = `A queue has a name of at most ${LONGEST_NAME} characters, without spaces, \`*\` and \`#\`.`;
  throw new ProblemError({ status: 422, code: 'invalid_queue', detail });
}
