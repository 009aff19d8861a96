import type { IncomingMessage } from 'node:http';
import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { RunCommand } from '@reprise/contracts';
import type { RunStatus } from '@reprise/core';
import { type BriefRun, RunViews } from '@reprise/ledger';
import { identityOf, ProblemError } from '@reprise/service';
import type { Response } from 'express';
import { readReason } from '../requests/read-reason.js';
import { idOf, noRun } from '../requests/run-id.js';
import { CommandRun } from './command-run.js';
import { RetryRun } from './retry-run.js';

/** What came of a command: `applied: false` says that it is kept and will be carried out, but no scheduler has come to it yet. */
export interface CommandAnswer {
  readonly id: string;
  readonly status: RunStatus;
  readonly applied: boolean;
}

/** What people ask of a run. */
@Controller('v1/runs/:id')
export class RunCommandsController {
  constructor(
    @Inject(RunViews) private readonly views: RunViews,
    @Inject(CommandRun) private readonly command: CommandRun,
    @Inject(RetryRun) private readonly retryRun: RetryRun,
  ) {}

  @Post('cancel')
  @HttpCode(202)
  async cancel(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: IncomingMessage,
  ): Promise<CommandAnswer & { readonly cancelling: true }> {
    const reason = readReason(body);
    const run = await this.runOf(id);
    if (ENDED.includes(run.status)) throw hasEnded(run.status);
    const result = await this.command.ask(run, { kind: 'cancel', reason, by: identityOf(request) });
    const { status } = await this.runOf(id);
    // Asked before, or closing already: what was wanted is under way.
    if (result === 'stale' && ENDED.includes(status)) throw hasEnded(status);
    return { id: run.id, status, applied: result !== 'pending', cancelling: true };
  }

  @Post('pause')
  pause(
    @Param('id') id: string,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CommandAnswer> {
    return this.carryOut(id, { kind: 'pause', by: identityOf(request) }, { from: 'running', hints: PAUSE_HINTS }, response);
  }

  @Post('resume')
  resume(
    @Param('id') id: string,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CommandAnswer> {
    return this.carryOut(id, { kind: 'resume', by: identityOf(request) }, { from: 'paused', hints: RESUME_HINTS }, response);
  }

  @Post('retry')
  @HttpCode(202)
  async retry(@Param('id') id: string, @Req() request: IncomingMessage): Promise<CommandAnswer> {
    const run = await this.runOf(id);
    const result = await this.retryRun.ask(run, identityOf(request));
    const { status } = await this.runOf(id);
    return { id: run.id, status, applied: result === 'applied' };
  }

  /** 200: carried out. 202: kept, no scheduler has come to it yet. 409: it does not fit what the run is by now. */
  private async carryOut(id: string, command: RunCommand, { from, hints }: Verb, response: Response): Promise<CommandAnswer> {
    const asked = await this.runOf(id);
    if (asked.status !== from) throw wrongState(asked.status, hints);
    const result = await this.command.ask(asked, command);
    const { status } = await this.runOf(id);
    if (result === 'stale') throw wrongState(status, hints);
    response.status(result === 'applied' ? 200 : 202);
    return { id: asked.id, status, applied: result === 'applied' };
  }

  private async runOf(id: string): Promise<BriefRun> {
    const run = await this.views.brief(idOf(id));
    if (run === null) throw noRun(id);
    return run;
  }
}

type Hints = Readonly<Record<RunStatus, string>>;

interface Verb {
  /** The state it is for, and what to do in the others. */
  readonly from: RunStatus;
  readonly hints: Hints;
}

const wrongState = (status: RunStatus, hints: Hints): ProblemError =>
  new ProblemError({ status: 409, code: 'wrong_state', detail: `The run is ${status}.`, hint: hints[status] });

const OVER = 'it has ended: there is nothing to hold back, and nothing to go on with';
const QUEUED = 'it has not begun yet: cancel it if it is not to';

const PAUSE_HINTS: Hints = {
  queued: QUEUED,
  running: 'ask again',
  paused: 'it is what you want',
  succeeded: OVER,
  failed: OVER,
  cancelled: OVER,
};

const RESUME_HINTS: Hints = { ...PAUSE_HINTS, running: 'it is what you want', paused: 'ask again' };

const ENDED: readonly RunStatus[] = ['succeeded', 'failed', 'cancelled'];

const hasEnded = (status: RunStatus): ProblemError =>
  new ProblemError({
    status: 409,
    code: 'run_ended',
    detail: `The run has ended already: it ${status === 'cancelled' ? 'was cancelled' : status}.`,
  });
