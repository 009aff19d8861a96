import type { RunView, TaskView } from '@reprise/client';
import { printable } from '../terminal.js';
import { spanText } from '../time-text.js';
import { failureText } from './run-failure.js';
import { runState } from './run-state.js';
import { errorText, progressText } from './task-tree.js';

/** Tells what changed from one look at a run to the next, a line each; nothing twice. */
export class Changes {
  private readonly seen = new Map<string, string>();
  private readonly told = new Set<string>();
  private readonly progressed = new Map<string, string>();
  private runStatus = '';
  private advice: string | null = null;

  next(run: RunView): readonly string[] {
    return [...this.changes(run), ...this.advised(run)];
  }

  private changes(run: RunView): readonly string[] {
    const lines = run.tasks.flatMap((task) => [...this.attempts(task), ...this.status(task), ...this.progress(task)]);
    const state = runState(run);
    if (state === this.runStatus) return lines;
    this.runStatus = state;
    const failure = failureText(run);
    const error = failure === null ? '' : `  ${failure}`;
    const line = `${run.endedAt ?? run.startedAt ?? run.createdAt}  run  ${state}${error}`;
    return run.endedAt === null ? [line, ...lines] : [...lines, line];
  }

  /** What a person can do about it, when that is something new. */
  private advised({ nextText }: RunView): readonly string[] {
    if (nextText === this.advice) return [];
    this.advice = nextText;
    return nextText === null ? [] : [`  → ${printable(nextText)}`];
  }

  /** Attempts that ended and were followed by another; the last one is told by the task's own status. */
  private attempts(task: TaskView): readonly string[] {
    return task.attempts.flatMap((attempt) => {
      const key = `${task.path} ${attempt.number}`;
      if (attempt.endedAt === null || attempt.status === 'succeeded' || this.told.has(key)) return [];
      this.told.add(key);
      const error = attempt.error === null ? '' : `  ${errorText(attempt.error)}`;
      const verdict = attempt.verdictText === null ? '' : `  → ${printable(attempt.verdictText)}`;
      return [`${attempt.endedAt}  ${task.path}  attempt ${attempt.number} ${attempt.status}${error}${verdict}`];
    });
  }

  private status(task: TaskView): readonly string[] {
    const state = `${task.status} ${task.attempt}`;
    if (task.status === 'pending' || this.seen.get(task.path) === state) return [];
    this.seen.set(task.path, state);
    // What waits for its next attempt, or for a person, has the times of the attempt before.
    const rests = task.status === 'retrying' || task.status === 'parked';
    const before = rests ? task.attempts.findLast((attempt) => attempt.endedAt !== null)?.endedAt : null;
    const at = before ?? task.endedAt ?? task.startedAt ?? task.queuedAt ?? task.createdAt ?? '-';
    const attempt = task.attempt > 1 ? `  attempt ${task.attempt}` : '';
    const retry = task.nextRetryAt === null ? '' : ` at ${task.nextRetryAt}`;
    const took =
      task.startedAt !== null && task.endedAt !== null
        ? `  ${spanText(Date.parse(task.endedAt) - Date.parse(task.startedAt))}`
        : '';
    // Of a failure its verdict has told why; an attempt that nobody could take has none.
    const why = task.status === 'retrying' && task.why?.reason === 'hold' ? `  ${printable(task.whyText ?? '')}` : '';
    return [`${at}  ${task.path}  ${task.status}${attempt}${retry}${took}${why}`];
  }

  /** What a running handler says of itself, when it says something new. */
  private progress(task: TaskView): readonly string[] {
    const text = progressText(task);
    const told = `${task.attempt} ${text}`;
    if (text === '' || this.progressed.get(task.path) === told) return [];
    this.progressed.set(task.path, told);
    return [`${task.attempts.at(-1)?.heartbeat?.at ?? '-'}  ${task.path}  progress  ${text}`];
  }
}
