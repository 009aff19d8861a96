import { explainWhy, hasTaskEnded, keyOf, pathOf, type TaskKey, type TaskState } from '@reprise/core';
import type { Logger } from '@reprise/service';
import type { Advanced } from './advanced.js';

/** Committed decisions, one line for each change of state. Costs nothing unless somebody reads along at `debug`. */
export function logDecisions(logger: Logger, advanced: readonly Advanced[]): void {
  if (!logger.enabled('debug')) return;
  for (const { run, workflow, decision, staleOutcomes, before } of advanced) {
    const { trace } = run.origin;
    const lines = logger.child({ run: run.id, workflow: workflow.name, ...(trace === undefined ? {} : { traceId: trace.id }) });
    if (staleOutcomes.length > 0)
      lines.debug({ outcomes: staleOutcomes.length }, 'outcomes of attempts that had been replaced are refused');
    for (const { node, at, attempt, outcome, executor, error, verdict } of decision.attempts) {
      const why = verdict === null ? {} : { why: explainWhy(verdict) };
      const code = error === null ? {} : { code: error.code };
      lines.debug({ task: pathOf(workflow, { node, at }), attempt, executor, ...code, ...why }, `attempt ${outcome}`);
    }
    for (const task of decision.tasks) {
      if (!hasChanged(before, task)) continue;
      const { attempt, fence, queue, error, dueAt } = task;
      const times = dueAt === null ? {} : { dueAt: new Date(dueAt).toISOString() };
      const code = error === null ? {} : { code: error.code };
      lines.debug({ task: pathOf(workflow, task), attempt, fence, queue, ...code, ...times }, `task ${task.status}`);
    }
    const now = decision.run;
    if (now !== null && now.status !== run.status) {
      lines.debug(now.error === null ? {} : { code: now.error.code, task: now.error.task }, `run ${now.status}`);
    }
  }
}

/** Rows are written for other reasons too: a counter, a time to be looked at. Of one that was not loaded nothing is known. */
function hasChanged(before: ReadonlyMap<TaskKey, TaskState | null>, task: TaskState): boolean {
  const row = before.get(keyOf(task.node, task.at)) ?? null;
  if (row === null) return true;
  return row.status !== task.status || (row.attempt !== task.attempt && !hasTaskEnded(task.status));
}
