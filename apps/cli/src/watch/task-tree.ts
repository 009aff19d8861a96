import type { AttemptView, EffectView, RunView, TaskView } from '@reprise/client';
import colors from 'picocolors';
import { printable } from '../terminal.js';
import { between, spanText } from '../time-text.js';

const GLYPHS: Readonly<Record<string, string>> = {
  succeeded: '✓',
  failed: '✗',
  timeout: '✗',
  lost: '✗',
  running: '●',
  ready: '○',
  queued: '○',
  retrying: '↻',
  waiting: '◷',
  parked: '!',
  in_doubt: '?',
  pending: '·',
  skipped: '–',
  cancelled: '⊘',
  paused: '‖',
};

export function paint(status: string, text: string): string {
  switch (status) {
    case 'succeeded':
      return colors.green(text);
    case 'failed':
    case 'timeout':
    case 'lost':
    case 'parked':
    case 'in_doubt':
      return colors.red(text);
    case 'running':
    case 'ready':
    case 'queued':
      return colors.cyan(text);
    case 'retrying':
    case 'waiting':
    case 'paused':
      return colors.yellow(text);
    default:
      return colors.dim(text);
  }
}

export const glyph = (status: string): string => paint(status, GLYPHS[status] ?? '?');

/** A run's tasks as an indented tree, with what each waits for and why. `attempts`: every attempt of what was tried again. */
export function taskLines(run: RunView, now: number, options: { readonly attempts: boolean }): readonly string[] {
  const more = run.tasksNext === null ? [] : [colors.dim('… and more: reprise run show ID -o json, GET /v1/runs/ID/tasks')];
  return [...run.tasks.flatMap((task) => linesOf(task, now, options.attempts)), ...more];
}

function linesOf(task: TaskView, now: number, withAttempts: boolean): readonly string[] {
  const indent = '  '.repeat(task.path.split(/[.[]/).length - 1);
  const name = task.path.slice(task.path.lastIndexOf('.') + 1);
  const child = task.child === null ? '' : `run ${task.child.run} of ${task.child.workflow}`;
  const facts = [detailOf(task, now), progressText(task), child, task.cancelling ? 'asked to stop' : ''].filter(
    (fact) => fact !== '',
  );
  const head = `${indent}${glyph(task.status)} ${name}  ${paint(task.status, task.status)}${facts.map((fact) => `  ${colors.dim(fact)}`).join('')}`;
  const tried = withAttempts && (task.attempts.length > 1 || task.status === 'failed' || task.status === 'parked');
  const tries = tried ? task.attempts.map((attempt) => attemptLine(attempt, now)) : reasonsOf(task);
  const effects = withAttempts ? task.effects.map(effectLine) : [];
  return [head, ...[...tries, ...effects].map((line) => `${indent}    ${line}`)];
}

/** What it has changed outside, or may have: by the key it is found there. */
function effectLine({ name, state, key, result, error, settledBy }: EffectView): string {
  const inDoubt = state === 'in_doubt' || state === 'intended';
  const said = settledBy === null ? '' : `  said by ${settledBy}`;
  const known = state === 'committed' ? shortened(JSON.stringify(result)) : error === null ? '' : errorText(error);
  const text = `effect ${printable(name)} ${state}${said}  key ${printable(key)}${known === '' ? '' : `  ${known}`}`;
  return inDoubt ? paint('parked', text) : colors.dim(text);
}

function detailOf(task: TaskView, now: number): string {
  if (task.nextRetryAt !== null) return `attempt ${task.attempt} in ${spanText(Date.parse(task.nextRetryAt) - now)}`;
  // Attempts of a group have numbers of their own.
  const round = task.round === null || task.attempt > 0 ? '' : `round ${task.round}`;
  if (task.dueAt !== null) return together(round, `${round === '' ? '' : 'next '}in ${spanText(Date.parse(task.dueAt) - now)}`);
  const took = between(task.startedAt, task.endedAt, now);
  if (task.items !== null) {
    const { total, done, failed } = task.items;
    return `${done} of ${total}${failed > 0 ? `, ${failed} failed` : ''}${took === '' ? '' : `  ${took}`}`;
  }
  const attempt = task.attempt > 1 ? `attempt ${task.attempt}` : '';
  return together(round, attempt, took);
}

/** The longest that is shown of what a handler says of its progress, and of an effect's result. */
const LONGEST_SHOWN = 80;

/** What the running attempt's handler has last said of its progress; empty: nothing. */
export function progressText(task: TaskView): string {
  const progress = task.attempts.at(-1)?.heartbeat?.progress ?? null;
  if (progress === null) return '';
  return shortened(typeof progress === 'string' ? progress : JSON.stringify(progress));
}

function shortened(value: string): string {
  const text = printable(value).replaceAll(/\s+/g, ' ');
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN - 1)}…`;
}

const together = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('  ');

/** Why it waits, and what went wrong last, while that still matters. */
function reasonsOf(task: TaskView): readonly string[] {
  const failed = task.status === 'failed' || task.status === 'parked' || task.status === 'retrying';
  const error = failed && task.error !== null ? [errorText(task.error)] : [];
  const why = task.status === 'retrying' && task.whyText !== null ? [colors.dim(printable(task.whyText))] : [];
  return [...error, ...why];
}

export function attemptLine(attempt: AttemptView, now: number): string {
  const parts = [
    `${glyph(attempt.status)} attempt ${attempt.number} ${attempt.status}`,
    attempt.nextRetryAt === null
      ? between(attempt.startedAt, attempt.endedAt, now)
      : `in ${spanText(Date.parse(attempt.nextRetryAt) - now)}`,
    attempt.error === null ? '' : errorText(attempt.error),
    attempt.verdictText === null ? '' : colors.dim(`→ ${printable(attempt.verdictText)}`),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

export const errorText = ({ code, message }: { readonly code: string; readonly message: string }): string =>
  printable(`${code}: ${message}`);
