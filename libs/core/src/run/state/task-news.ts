import type { At } from '../../address.js';
import { keyOf } from '../../address.js';
import { fence } from '../../ids.js';
import type { Workflow } from '../../workflow/workflow.js';
import type { AttemptRecord, Loaded } from './decision.js';
import type { TaskNewsMessage as News, TaskNews } from './news.js';
import type { RunState } from './run-state.js';
import { memberState, SKIPPED } from './scope.js';
import { hasTaskEnded } from './status.js';
import type { TaskState } from './task-state.js';

/** What a decision has made of a run. */
interface Made {
  readonly run: RunState;
  readonly tasks: readonly TaskState[];
  readonly attempts: readonly AttemptRecord[];
}

/** What has become of tasks, read from their rows before and after a decision: of a run that nobody follows, nothing is looked at. */
export function taskNews(workflow: Workflow, before: Loaded, made: Made): readonly News[] {
  if (workflow.lifecycle !== 'tasks') return [];
  const images = new Map(made.tasks.map((task) => [keyOf(task.node, task.at), task]));
  const scopes = skippedIn(workflow.root.members, '', before.run.scope.states, made.run.scope.states);
  const rows = made.tasks.flatMap((task) => newsOf(workflow, before.tasks.get(keyOf(task.node, task.at)) ?? null, task));
  const retries = made.attempts.flatMap((record) => retryOf(record, images.get(keyOf(record.node, record.at))));
  return [...retries, ...rows, ...scopes];
}

function newsOf(workflow: Workflow, before: TaskState | null, after: TaskState): readonly News[] {
  const { node, at, fence, attempt, executor, error, progress } = after;
  const news = stepOf(before, after);
  const told: readonly News[] =
    news === null ? [] : [{ kind: 'task-news', news, node, at, fence, attempt, executor, error, nextRetryAt: null }];
  const work = workflow.nodes[node]?.work;
  if (progress?.kind !== 'scope' || work?.kind !== 'group') return told;
  const states = before?.progress?.kind === 'scope' ? before.progress.states : '';
  return [...told, ...skippedIn(work.group.members, at, states, progress.states)];
}

function stepOf(before: TaskState | null, after: TaskState): TaskNews | null {
  const { status } = after;
  // Rows that have ended, and those that wait for a person, are written when they come to it and not before they leave it.
  if (status === 'succeeded' || status === 'failed' || status === 'parked') return status;
  const begins = before === null || hasTaskEnded(before.status);
  return begins && (status === 'running' || status === 'waiting') ? 'started' : null;
}

/** `after`: the row as the whole decision leaves it, in which further attempts may have begun and ended. */
function retryOf(record: AttemptRecord, after: TaskState | undefined): readonly News[] {
  const { node, at, fence, attempt, executor, error, verdict } = record;
  if (verdict === null || !('action' in verdict) || verdict.action !== 'retry') return [];
  const nextRetryAt = after?.attempt === attempt + 1 ? after.dueAt : null;
  return [{ kind: 'task-news', news: 'retrying', node, at, fence, attempt, executor, error, nextRetryAt }];
}

function skippedIn(members: readonly number[], at: At, before: string, after: string): readonly News[] {
  if (before === after) return [];
  return members.flatMap((node, position): readonly News[] => {
    const isNew = memberState(after, position) === SKIPPED && memberState(before, position) !== SKIPPED;
    if (!isNew) return [];
    const nothing = { fence: fence(0), attempt: 0, executor: null, error: null, nextRetryAt: null };
    return [{ kind: 'task-news', news: 'skipped', node, at, ...nothing }];
  });
}
