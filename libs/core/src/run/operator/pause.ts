import type { Applied } from '../state/decision.js';
import type { Draft } from '../state/draft.js';
import type { Input } from '../state/input.js';
import type { TaskState } from '../state/task-state.js';
import { wake } from '../waiting/wake.js';

/** Nothing starts any more. What runs may end: its outcome waits in its row. Nothing is due while nobody would act on it. */
export function pause(draft: Draft): Applied {
  const { run } = draft;
  if (run.status !== 'running') return 'stale';
  for (const task of draft.openTasks()) if (task.watchAt !== null) draft.put({ ...task, watchAt: null });
  const pauses = run.progress.pauses + 1;
  draft.run = { ...run, status: 'paused', watchAt: null, progress: { ...run.progress, pauses } };
  draft.send({ kind: 'announce', status: 'paused', count: pauses });
  return 'applied';
}

/** What reaches a paused run: an outcome is kept, the rest is found again when the run is resumed. */
export function whilePaused(draft: Draft, input: Input): Applied {
  switch (input.kind) {
    case 'outcome':
      return keepOutcome(draft, input);
    case 'resume':
      return resume(draft);
    case 'recover':
      draft.send({ kind: 'announce', status: 'paused', count: draft.run.progress.pauses });
      return 'applied';
    default:
      return 'stale';
  }
}

function keepOutcome(draft: Draft, input: Extract<Input, { kind: 'outcome' }>): Applied {
  const task = draft.find(input.node, input.at);
  if (task === null || task.status !== 'running' || task.fence !== input.fence || task.claim !== input.claim) return 'stale';
  if (task.recorded !== null) return 'stale';
  draft.put({ ...task, recorded: input.outcome });
  return 'applied';
}

/** Every open row is looked at as if its time had come: nothing else remembers what has been due meanwhile. */
export function resume(draft: Draft): Applied {
  draft.run = { ...draft.run, status: 'running', watchAt: draft.run.dueAt };
  announceResumed(draft);
  draft.visitAll(draft.openTasks(), (task) => lookAt(draft, task));
  draft.agenda.add('root');
  return 'applied';
}

/** Again and again under one id, for those who may have missed it; a run that was never paused says nothing. */
export function announceResumed(draft: Draft): void {
  const { pauses } = draft.run.progress;
  if (pauses > 0) draft.send({ kind: 'announce', status: 'resumed', count: pauses });
}

function lookAt(draft: Draft, task: TaskState): void {
  // One that works on is no news, but must be found should its executor die.
  if (task.claim !== null) draft.put({ ...task, watchAt: task.leaseUntil });
  wake(draft, { kind: 'wake', node: task.node, at: task.at, fence: task.fence }, draft.unit());
}
