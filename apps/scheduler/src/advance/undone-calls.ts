import type { Node, RunId, Workflow } from '@reprise/core';
import type { UndoneCall } from '@reprise/ledger';
import type { Advanced } from './advanced.js';

/** Calls that have been undone now, whose success is no answer for whoever comes next with the same key. */
export function undoneCalls({ run, workflow, decision }: Advanced): readonly UndoneCall[] {
  return decision.tasks.flatMap((task) => {
    const compensates = workflow.nodes[task.node]?.compensates ?? null;
    const undone = compensates === null ? undefined : workflow.nodes[compensates];
    return undone === undefined || task.status !== 'succeeded' ? [] : callsIn(workflow, undone, run.id, task.at);
  });
}

function callsIn(workflow: Workflow, { index, work }: Node, run: RunId, at: string): readonly UndoneCall[] {
  if (work.kind === 'call') return work.idempotencyKey === null ? [] : [{ run, node: index, at, call: work.call }];
  if (work.kind !== 'group') return [];
  return work.group.members.flatMap((member) => {
    const node = workflow.nodes[member];
    return node === undefined ? [] : callsIn(workflow, node, run, at);
  });
}
