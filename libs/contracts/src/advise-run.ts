import type { RunStatus, TaskError } from '@reprise/core';
import type { RunView } from './http-shapes.js';

/** The run that has started another, as far as it says what can be done about that one. */
export interface ParentState {
  readonly id: string;
  readonly status: RunStatus;
  /** Something of it has been undone. */
  readonly compensated: boolean;
  /** It was started by another run itself. */
  readonly isChild: boolean;
  /** Its task has not seen the end of the run yet, and will look at it again. */
  readonly waits: boolean;
}

type AdvisedRun = Omit<RunView, 'nextText'>;

/**
 * What a person can do next about a run that will not come to a good end by itself, with the command for it; null: nothing, or nothing
 * yet. Parked tasks and effects in doubt count as far as `tasks` shows them.
 */
export function adviseRun(run: AdvisedRun, parent: ParentState | null): string | null {
  switch (run.status) {
    case 'queued':
      return null;
    case 'succeeded':
      return adviseDoubts(run);
    case 'paused':
      return `it is paused: ${command('resume', run.id)} lets it go on`;
    case 'running':
      return adviseParked(run);
    case 'cancelled':
      return adviseDoubts(run) ?? adviseCancelled(run);
    case 'failed':
      return adviseFailed(run, parent);
  }
}

const command = (verb: string, ...words: readonly string[]): string => `\`reprise run ${[verb, ...words].join(' ')}\``;

function adviseParked({ id, tasks }: AdvisedRun): string | null {
  const [first, ...others] = tasks.filter(({ status }) => status === 'parked');
  if (first === undefined) return null;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${first.path}${more} is parked and waits for you: ${adviseTask(id, first)}`;
}

function adviseTask(run: string, { path, error, effects }: AdvisedRun['tasks'][number]): string {
  const resolve = (...words: readonly string[]): string => command('resolve', run, path, ...words);
  const doubts = effects.filter(({ state }) => state === 'in_doubt' || state === 'intended').map(({ name }) => name);
  const [doubt, ...others] = doubts;
  if (doubt !== undefined) {
    const all = others.length > 0;
    const [what, name, each] = all
      ? [`its effects ${doubts.join(', ')}`, 'NAME', 'for each that']
      : [`its effect ${doubt}`, doubt, 'if it'];
    const happened = `${resolve('retry', '--happened', `'${name}=RESULT'`)} ${each} has, \`--not-happened ${name}\` ${each} has not`;
    return `${what} may have happened: look for ${all ? 'their keys' : 'its key'} in the other system, then ${happened}; what is not named is done again`;
  }
  if (error?.code === 'IN_DOUBT') {
    const retry = `${resolve('retry')} if it has not: it is done again`;
    return `it may have done its work: find out, then ${resolve('succeeded', '--result', 'RESULT')} if it has, ${retry}`;
  }
  return `find out what it has come to, then ${resolve('succeeded|failed|retry')}`;
}

/** The task has ended, and nobody knows what became of something that it has done. `fail` says that nobody cares. */
function adviseDoubts({ id, tasks }: AdvisedRun): string | null {
  for (const { path, effects } of tasks) {
    const doubt = effects.find(({ state, onInDoubt }) => (state === 'intended' || state === 'in_doubt') && onInDoubt !== 'fail');
    if (doubt !== undefined)
      return `nobody knows whether ${doubt.name} of ${path} has happened: find out, then ${command('settle', id, path, '--happened|--not-happened', doubt.name)}`;
  }
  return null;
}

/** What nobody asked to end was ended on purpose by its workflow: for another run that has its place, or with its parent. */
function adviseCancelled({ id, parent, error }: AdvisedRun): string | null {
  const asked = error?.code === 'CANCELLED' && parent === null && detailOf(error, 'by') !== null;
  return asked ? `if it is wanted after all, start it again: ${command('rerun', id)}` : null;
}

function adviseFailed(run: AdvisedRun, parent: ParentState | null): string | null {
  // The poll makes its next probe by itself.
  if (run.trigger === 'probe') return null;
  if (parent !== null && !parent.waits) return adviseChild(parent);
  if (run.parent !== null && parent === null)
    return `run ${run.parent} had started it and is not kept any more: ${command('rerun', run.id)} starts it again by itself`;
  if (run.compensated)
    return `what it did has been undone, so it cannot be retried: correct the cause, then start it again: ${command('rerun', run.id)}`;
  return adviseRetry(run);
}

/** The parent has gone on without it: only there can anything be done. */
function adviseChild({ id, status, compensated, isChild }: ParentState): string | null {
  const gone = `run ${id} had started it, has seen it fail and gone on`;
  switch (status) {
    case 'succeeded':
      return null;
    case 'failed':
      if (compensated || isChild) return `${gone}: ${command('show', id)} says what to do next`;
      return `${gone}: correct the cause, then ${command('retry', id)} starts this one anew`;
    case 'queued':
    case 'running':
    case 'paused':
      return `${gone}: ${command('watch', id)} shows what becomes of it`;
    case 'cancelled':
      return `${gone}, and was cancelled: ${command('show', id)} says more`;
  }
}

function adviseRetry({ id, workflow, error, tasks }: AdvisedRun): string {
  const from = error?.task ?? 'where it stopped';
  const retry = `${command('retry', id)}: it goes on from ${from}, nothing that succeeded runs again`;
  const corrected = `correct the workflow, register it and start the run again on it: ${command('rerun', id, '--version', 'latest')}`;
  const child = tasks.find(({ path }) => path === error?.task)?.child ?? null;
  // The code is the child's, and so is what is to be corrected: a retry starts it anew.
  if (child !== null) return `correct the cause (${command('show', child.run)} has it), then ${retry}`;
  switch (error?.code) {
    case 'EXPRESSION':
      return `the same again would fail again: ${corrected}`;
    case 'IDEMPOTENCY_CONFLICT':
    case 'INVALID_INPUT':
      return `${corrected}; with other input: ${command('start', workflow, '--input', '…')}; was the handler or a secret wrong, ${retry}`;
    case 'IN_DOUBT':
      return `nobody knows whether it has done its work: find out first, then ${command('retry', id)} does it once more`;
    case 'INTERNAL':
      // The engine itself could not carry it on: the input that was refused is a dead letter.
      return `correct the cause${error.task === undefined ? ' (`reprise dlq list` has more)' : ''}, then ${retry}`;
    default:
      return `correct the cause, then ${retry}`;
  }
}

function detailOf({ details }: TaskError, name: string): unknown {
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return null;
  return Object.entries(details).find(([key]) => key === name)?.[1] ?? null;
}
