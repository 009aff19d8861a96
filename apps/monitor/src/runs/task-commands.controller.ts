import type { IncomingMessage } from 'node:http';
import { Body, Controller, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { RunCommand } from '@reprise/contracts';
import { type EffectFinding, hasTaskEnded, type RunStatus, type TaskStatus } from '@reprise/core';
import { type LocatedTask, RunViews } from '@reprise/ledger';
import { identityOf, type ProblemDetail, ProblemError } from '@reprise/service';
import type { Response } from 'express';
import { idOf, notFound } from '../requests/run-id.js';
import { CommandRun } from './command-run.js';
import { readResolution, readSettlement } from './read-resolution.js';

/** What came of it: `status` is the task's by now; `applied: false`: it is kept, but no scheduler has come to it yet. */
interface TaskAnswer {
  readonly id: string;
  readonly task: string;
  readonly status: TaskStatus;
  readonly applied: boolean;
}

interface TaskVerb {
  /** The state it is for; `ended` is any that is final, whatever the run does meanwhile. */
  readonly from: TaskStatus | 'ended';
  readonly command: (task: LocatedTask) => RunCommand;
  /** What is said of its effects. */
  readonly effects?: readonly EffectFinding[] | undefined;
}

/** What people ask of one task. */
@Controller('v1/runs/:id/tasks/:path')
export class TaskCommandsController {
  constructor(
    @Inject(RunViews) private readonly views: RunViews,
    @Inject(CommandRun) private readonly command: CommandRun,
  ) {}

  @Post('retry-now')
  retryNow(
    @Param('id') id: string,
    @Param('path') path: string,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskAnswer> {
    const by = identityOf(request);
    const command = ({ node, at }: LocatedTask): RunCommand => ({ kind: 'retry-now', node, at, by });
    return this.carryOut(id, path, { from: 'retrying', command }, response);
  }

  @Post('resolve')
  async resolve(
    @Param('id') id: string,
    @Param('path') path: string,
    @Body() body: unknown,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskAnswer> {
    const resolution = readResolution(body);
    const by = identityOf(request);
    const command = ({ node, at }: LocatedTask): RunCommand => ({ kind: 'resolve', node, at, ...resolution, by });
    return this.carryOut(id, path, { from: 'parked', command, effects: resolution.effects }, response);
  }

  @Post('settle')
  async settle(
    @Param('id') id: string,
    @Param('path') path: string,
    @Body() body: unknown,
    @Req() request: IncomingMessage,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TaskAnswer> {
    const settlement = readSettlement(body);
    const by = identityOf(request);
    const command = ({ node, at }: LocatedTask): RunCommand => ({ kind: 'settle', node, at, ...settlement, by });
    return this.carryOut(id, path, { from: 'ended', command, effects: settlement.effects }, response);
  }

  private async carryOut(id: string, path: string, verb: TaskVerb, response: Response): Promise<TaskAnswer> {
    const asked = await this.locate(id, path);
    if (!fits(asked, verb)) throw wrongState(asked, verb);
    await this.refuseUnknown(asked, verb.effects ?? []);
    const result = await this.command.ask(asked.run, verb.command(asked));
    const task = await this.locate(id, path);
    if (result === 'applied' && verb.from === 'ended') await this.refuseOverruled(task, verb.effects ?? []);
    if (result === 'stale') throw refused(task, verb);
    response.status(result === 'applied' ? 200 : 202);
    return { id: asked.run.id, task: path, status: task.status, applied: result === 'applied' };
  }

  /** A slip of the pen must not pass for news of an effect: it would happen again. */
  private async refuseUnknown(task: LocatedTask, said: readonly EffectFinding[]): Promise<void> {
    if (said.length === 0) return;
    const states = await this.views.effectStates(
      task,
      said.map(({ name }) => name),
    );
    const errors = said.flatMap(({ name }, index): ProblemDetail[] => {
      const state = states.get(name);
      if (state === 'intended' || state === 'in_doubt') return [];
      const message = state === undefined ? `the task has no effect ${JSON.stringify(name)}` : `is ${state}: that is no doubt`;
      return [{ path: `effects[${index}].name`, message }];
    });
    if (errors.length === 0) return;
    const detail = 'Only effects of this task that are in doubt can be settled.';
    throw new ProblemError({
      status: 422,
      code: 'invalid_body',
      detail,
      hint: 'the task shows its effects and their states',
      errors,
    });
  }

  /** Two people may have said something at the same time: the first one counts, and the other one is told. */
  private async refuseOverruled(task: LocatedTask, said: readonly EffectFinding[]): Promise<void> {
    const names = said.map(({ name }) => name);
    const states = await this.views.effectStates(task, names);
    const lost = said.filter(({ name, happened }) => states.get(name) !== (happened ? 'committed' : 'void'));
    if (lost.length === 0) return;
    const detail = `Somebody else has just said otherwise of ${lost.map(({ name }) => name).join(', ')}.`;
    throw new ProblemError({ status: 409, code: 'wrong_state', detail, hint: 'the task shows its effects and who settled them' });
  }

  private async locate(id: string, path: string): Promise<LocatedTask> {
    const task = await this.views.locateTask(idOf(id), path);
    if (task === null) throw notFound(`task ${path.slice(0, 200)} of run ${id.slice(0, 100)}`);
    return task;
  }
}

const fits = ({ run, status }: LocatedTask, { from }: TaskVerb): boolean =>
  from === 'ended' ? hasTaskEnded(status) : run.status === 'running' && status === from;

function wrongState({ run, status }: LocatedTask, { from }: TaskVerb): ProblemError {
  if (from !== 'ended' && run.status !== 'running') {
    return new ProblemError({
      status: 409,
      code: 'wrong_state',
      detail: `The run is ${run.status}.`,
      hint: RUN_HINTS[run.status],
    });
  }
  return new ProblemError({
    status: 409,
    code: 'wrong_state',
    detail: `The task is ${status}; this is for one that ${from === 'ended' ? 'has ended' : `is ${from}`}.`,
    hint: TASK_HINTS[status],
  });
}

const OVER = 'its tasks are what they are; start a new run, or retry one that has failed';

const RUN_HINTS: Readonly<Record<RunStatus, string>> = {
  queued: 'it has not begun yet',
  running: 'ask again',
  paused: 'resume it first',
  succeeded: OVER,
  failed: OVER,
  cancelled: OVER,
};

const ENDED = 'it has ended';

const TASK_HINTS: Readonly<Record<TaskStatus, string>> = {
  pending: 'it has not started yet',
  ready: 'it waits for an executor: see whether one reads its queue',
  running: 'an executor works on it; to stop it, cancel the run',
  retrying: 'it waits for its next attempt: retry-now starts that at once',
  waiting: 'it waits for a time, an event, a person or a child run',
  parked: 'say what has become of it with resolve',
  succeeded: ENDED,
  failed: ENDED,
  skipped: ENDED,
  cancelled: ENDED,
};

/** Why a command that fitted when it was asked was not carried out. */
function refused(task: LocatedTask, verb: TaskVerb): ProblemError {
  if (!fits(task, verb)) return wrongState(task, verb);
  if (verb.from === 'parked') return tooLarge();
  const detail = 'The task has been something else meanwhile.';
  return new ProblemError({ status: 409, code: 'wrong_state', detail, hint: 'look at it, and ask again' });
}

const tooLarge = (): ProblemError =>
  new ProblemError({
    status: 422,
    code: 'output_too_large',
    detail: 'The output is larger than that of a task may be.',
    hint: 'store it elsewhere and give a reference to it',
  });
