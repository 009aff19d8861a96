import type { IncomingMessage } from 'node:http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query as QueryParams, Req, Res } from '@nestjs/common';
import type { DeadLetterState, DeadLetterView, Page, TopologyNames } from '@reprise/contracts';
import { isUuid } from '@reprise/core';
import { type DeadLetter, DeadLetterStore } from '@reprise/ledger';
import { identityOf, ProblemError } from '@reprise/service';
import type { Response } from 'express';
import { BROKER_NAMES } from '../requests/broker-names.token.js';
import { type Query, QueryReader } from '../requests/read-query.js';
import { readReason } from '../requests/read-reason.js';
import { notFound } from '../requests/run-id.js';
import { pageOf } from '../runs/runs.controller.js';
import { deadLetterView } from './dead-letter-view.js';
import { originOf } from './letter-origin.js';
import { RedriveLetter } from './redrive-letter.js';

const STATES = ['open', 'redriving', 'redriven', 'discarded'] as const satisfies readonly DeadLetterState[];

/** Messages that nobody could handle, and what people decide of them. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    @Inject(DeadLetterStore) private readonly letters: DeadLetterStore,
    @Inject(RedriveLetter) private readonly redriveLetter: RedriveLetter,
    @Inject(BROKER_NAMES) private readonly names: TopologyNames,
  ) {}

  @Get()
  async list(@QueryParams() query: Query): Promise<Page<DeadLetterView>> {
    const reader = new QueryReader(query);
    const state = reader.oneOf('state', STATES) ?? 'open';
    const page = reader.page();
    reader.check();
    const { items, next } = pageOf(await this.letters.list(state, page), 'dead letters');
    return { items: items.map((letter) => deadLetterView(letter, this.names)), next };
  }

  @Post(':id/redrive')
  async redrive(
    @Param('id') id: string,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DeadLetterView> {
    const letter = await this.find(id);
    if (letter.state === 'open' && originOf(letter, this.names) === null) throw notRedrivable();
    const sent = await this.redriveLetter.redrive(letter.id, identityOf(request));
    const after = await this.find(id);
    if (sent === 'not-open') throw notOpen(after.state);
    if (sent === 'reopened') throw unroutable(after.lastError);
    response.status(sent === 'redriven' ? 200 : 202);
    return deadLetterView(after, this.names);
  }

  @Post(':id/discard')
  @HttpCode(200)
  async discard(@Param('id') id: string, @Body() body: unknown, @Req() request: IncomingMessage): Promise<DeadLetterView> {
    const reason = readReason(body);
    const letter = await this.find(id);
    const isDiscarded = await this.letters.discard(letter.id, identityOf(request), reason);
    const after = await this.find(id);
    if (!isDiscarded) throw notOpen(after.state);
    return deadLetterView(after, this.names);
  }

  private async find(id: string): Promise<DeadLetter> {
    const letter = isUuid(id.toLowerCase()) ? await this.letters.find(id.toLowerCase()) : null;
    if (letter === null) throw notFound(`dead letter ${id.slice(0, 100)}`, 'dead_letter_not_found');
    return letter;
  }
}

const HINTS: Readonly<Record<DeadLetterState, string>> = {
  open: 'ask again',
  redriving: 'it is being sent again; the monitor goes on with it until the broker has it',
  redriven: 'it was sent again; should it fail again, it is a dead letter of its own, with `redriveOf`',
  discarded: 'it was decided that nobody needs it',
};

const notOpen = (state: DeadLetterState): ProblemError =>
  new ProblemError({ status: 409, code: 'wrong_state', detail: `The dead letter is ${state}.`, hint: HINTS[state] });

const notRedrivable = (): ProblemError =>
  new ProblemError({
    status: 409,
    code: 'not_redrivable',
    detail: 'The dead letter was never published to an exchange: there is nowhere to send it again.',
    hint: 'if it is about a run, that run has failed: retry or rerun it, and discard this',
  });

const unroutable = (error: string | null): ProblemError =>
  new ProblemError({
    status: 409,
    code: 'unroutable',
    detail: `The broker does not take the message${error === null ? '' : `: ${error}`}. The dead letter is open again.`,
    hint: 'see its `origin`: declare that exchange or queue again, or discard the letter',
  });
