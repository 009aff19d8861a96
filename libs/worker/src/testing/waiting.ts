import { hasRunEnded, pathOf, type TaskError, type TaskState, type Workflow } from '@reprise/core';
import type { Interpreter } from './interpreter/index.js';
import { instantOf } from './virtual-time.js';

/** Somebody or something a run waits for. `until`: an instant after which it goes on without; null: never. */
export type Waiting =
  | {
      readonly kind: 'approval';
      readonly task: string;
      readonly subject: string;
      /** Empty: anybody may decide. */
      readonly assignees: readonly string[];
      readonly until: string | null;
    }
  | {
      readonly kind: 'event';
      readonly task: string;
      /** The type it waits for, and the key it must have. */
      readonly event: string;
      readonly key: string;
      readonly until: string | null;
    }
  /** A child run; ask `run.child(task)` what that one waits for. */
  | { readonly kind: 'run'; readonly task: string; readonly workflow: string }
  | { readonly kind: 'time'; readonly task: string; readonly until: string | null }
  /** A parked task: `run.resolve(task, …)`. */
  | { readonly kind: 'decision'; readonly task: string; readonly error: TaskError | null }
  /** The run is paused: `run.resume()`. */
  | { readonly kind: 'resume' };

export function waitingFor(run: Interpreter): readonly Waiting[] {
  if (hasRunEnded(run.run.status)) return [];
  const waits = run.ledger.openTasks.flatMap((task) => waitOf(run, task) ?? []);
  return run.run.status === 'paused' ? [{ kind: 'resume' }, ...waits] : waits;
}

function waitOf(run: Interpreter, row: TaskState): Waiting | null {
  const task = pathOf(run.workflow, row);
  const { status, progress, error, dueAt, node, at } = row;
  if (status === 'parked') return { kind: 'decision', task, error };
  if (status !== 'waiting' && status !== 'retrying') return null;
  const until = dueAt === null ? null : instantOf(dueAt);
  switch (progress?.kind) {
    case 'approval': {
      const asked = run.ledger.approvals.find(node, at);
      if (asked === null) return null;
      const { subject, expiresAt } = asked.request;
      return {
        kind: 'approval',
        task,
        subject,
        assignees: asked.assignees,
        until: expiresAt === null ? null : instantOf(expiresAt),
      };
    }
    case 'wait':
      return { kind: 'event', task, event: patternOf(run.workflow, node), key: progress.key, until };
    case 'child':
      return { kind: 'run', task, workflow: progress.workflow };
    default:
      return { kind: 'time', task, until };
  }
}

function patternOf({ nodes }: Workflow, node: number): string {
  const work = nodes[node]?.work;
  return work?.kind === 'wait' ? work.pattern : '';
}
