import { keyOf } from '../address.js';
import type { Workflow } from '../workflow/workflow.js';
import { giveUpAftermath, isInAftermath } from './aftermath/aftermath.js';
import { comeBack } from './attempts/come-back.js';
import { redispatch, scheduleAlarm } from './attempts/dispatch.js';
import { hold } from './attempts/hold-attempt.js';
import { judgeOutcome } from './attempts/judge-outcome.js';
import { keepTime } from './attempts/total-time.js';
import { ANNOUNCE_OVERDUE_MS, announceEnd } from './ending/end-run.js';
import { closeRun } from './nodes/close.js';
import { announceResumed, pause, resume, whilePaused } from './operator/pause.js';
import { resolve } from './operator/resolve.js';
import { retryNow } from './operator/retry-now.js';
import { retryRun } from './operator/retry-run.js';
import { settleEffects } from './operator/settle-effects.js';
import { beginRun } from './queue-run.js';
import { settle } from './settle.js';
import type { Applied, DecisionOrWants, Loaded, Moment } from './state/decision.js';
import { Draft } from './state/draft.js';
import type { Input } from './state/input.js';
import type { TaskError } from './state/outcome.js';
import { hasRunEnded } from './state/status.js';
import { NeedsMore } from './state/wants.js';
import { lookAtChild, refuseChild } from './waiting/start-child.js';
import { emitAgain, emitted } from './waiting/start-emit.js';
import { wake } from './waiting/wake.js';

/**
 * The heart: what do these inputs mean for this run?
 * Pure: the same state, inputs and moment give the same decision. Inputs are applied in order; one that no longer fits
 * (an old fence, an ended run) is `stale` and changes nothing. When something must be seen that was not loaded, the answer is `wants`.
 */
export function decide(workflow: Workflow, loaded: Loaded, inputs: readonly Input[], moment: Moment): DecisionOrWants {
  const draft = new Draft(workflow, loaded, moment);
  try {
    const applied = inputs.map((input, index) => apply(draft, input, moment.units[index] ?? 0.5));
    if (draft.admissionRequests.length > 0) throw new NeedsMore({ admissions: draft.admissionRequests });
    return { ...draft.decision(applied), run: draft.runChanged ? draft.run : null };
  } catch (error) {
    if (error instanceof NeedsMore) return { kind: 'wants', wants: error.wants };
    throw error;
  }
}

function apply(draft: Draft, input: Input, unit: number): Applied {
  draft.draws(unit);
  const applied = applyOne(draft, input, unit);
  settle(draft);
  return applied;
}

function applyOne(draft: Draft, input: Input, unit: number): Applied {
  if (input.kind === 'retry-run') return retryRun(draft, input);
  if (input.kind === 'settle') return settleEffects(draft, input);
  if (draft.run.status === 'paused' && input.kind !== 'cancel' && input.kind !== 'abort') return whilePaused(draft, input);
  if (hasRunEnded(draft.run.status)) return input.kind === 'recover' || input.kind === 'look' ? announceAgain(draft) : 'stale';
  switch (input.kind) {
    case 'outcome':
      return judgeOutcome(draft, input, unit);
    case 'wake':
      return wake(draft, input, unit);
    case 'emitted':
      return emitted(draft, input);
    case 'refused':
      return refuseChild(draft, input);
    case 'hold':
      return hold(draft, input);
    case 'cancel':
      return cancel(draft, input);
    case 'pause':
      return pause(draft);
    case 'resume':
      return 'stale';
    case 'retry-now':
      return retryNow(draft, input);
    case 'resolve':
      return resolve(draft, input);
    case 'abort':
      return abort(draft, input.error);
    case 'look':
      return draft.run.status === 'queued' ? beginRun(draft) : look(draft);
    case 'recover':
      return draft.run.status === 'queued' ? beginRun(draft) : recover(draft);
  }
}

/** Nothing starts any more and everything has been asked to stop: the first reason stands. A failing run still cleans up. */
function isClosedForGood({ run }: Draft): boolean {
  return run.scope.closing === 'cancelled' || run.scope.closing === 'timedOut';
}

/** What ends a run ends its pause too: first it must know what has happened meanwhile. */
function abort(draft: Draft, error: TaskError): Applied {
  if (isClosedForGood(draft) && !isInAftermath(draft)) return 'stale';
  if (draft.run.status === 'paused') resume(draft);
  return isInAftermath(draft) ? giveUpAftermath(draft) : failWith(draft, error);
}

function cancel(draft: Draft, input: Extract<Input, { kind: 'cancel' }>): Applied {
  if (isClosedForGood(draft) || isInAftermath(draft)) return 'stale';
  if (draft.run.status === 'paused') resume(draft);
  const { scope } = draft.run;
  const message = input.reason === null ? 'cancelled' : `cancelled: ${input.reason}`;
  const error = { code: 'CANCELLED', message, details: { by: input.by, reason: input.reason } };
  // The timeout has nothing more to end: a watch on it would find it due for ever.
  draft.run = { ...draft.run, dueAt: null, watchAt: null, scope: { ...scope, error } };
  closeRun(draft, 'cancelled');
  return 'applied';
}

function look(draft: Draft): Applied {
  const { run, now, workflow } = draft;
  if (isInAftermath(draft) && run.watchAt !== null) {
    draft.run = { ...run, watchAt: null };
    draft.agenda.add('root');
    return 'applied';
  }
  if (run.dueAt === null || run.dueAt > now) return 'stale';
  const message = `the run took longer than its timeout of ${workflow.timeoutMs} ms`;
  return failWith(draft, { code: 'TIMEOUT', message, details: { kind: 'run' } });
}

/** The run is over whatever its tasks do: nothing more starts, not even what cleans up. */
function failWith(draft: Draft, error: TaskError): Applied {
  draft.run = { ...draft.run, dueAt: null, watchAt: null, scope: { ...draft.run.scope, error } };
  closeRun(draft, 'timedOut');
  return 'applied';
}

function recover(draft: Draft): Applied {
  draft.visitAll(draft.openTasks(), ({ node, at }) => {
    // As it is by now: what was visited before may have ended something in it.
    const task = draft.get(node, at);
    if (task.status === 'ready') redispatch(draft, task);
    else if (task.status === 'retrying' || task.status === 'waiting') {
      // Without a time of its own it is moved by what others do, and they leave a notice.
      if (task.progress?.kind === 'emit') emitAgain(draft, task, task.progress);
      else if (task.progress?.kind === 'wait') comeBack(draft, task);
      else if (task.progress?.kind === 'child') lookAtChild(draft, task, task.progress);
      else if (task.dueAt !== null) scheduleAlarm(draft, task);
    } else if (task.progress !== null) {
      if (task.totalUntil !== null) keepTime(draft, task);
      draft.agenda.add(keyOf(task.node, task.at));
    }
  });
  announceResumed(draft);
  return 'applied';
}

function announceAgain(draft: Draft): Applied {
  // Still to be confirmed: without a new time to look, the watch would come back at once.
  if (draft.run.watchAt !== null) draft.run = { ...draft.run, watchAt: draft.now + ANNOUNCE_OVERDUE_MS };
  announceEnd(draft);
  return 'applied';
}
