import { templateReferences, type Workflow } from '@reprise/core';
import type { WorkflowCache, WorkflowStore } from '@reprise/ledger';

/** What the current versions of workflows ask of executors. Each with the workflows that do. */
export interface WorkflowNeeds {
  readonly queues: ReadonlyMap<string, readonly string[]>;
  readonly calls: readonly { readonly call: string; readonly queue: string; readonly workflows: readonly string[] }[];
  readonly secrets: ReadonlyMap<string, readonly string[]>;
  /** By queue: the longest attempt one of them allows. */
  readonly longestAttemptMs: Readonly<Record<string, number>>;
}

export const NO_NEEDS: WorkflowNeeds = { queues: new Map(), calls: [], secrets: new Map(), longestAttemptMs: {} };

/** Reads every workflow that may start. */
export async function workflowNeeds(store: WorkflowStore, compiled: WorkflowCache): Promise<WorkflowNeeds> {
  const workflows: Workflow[] = [];
  for (const { id } of await store.current()) {
    const workflow = await compiled.get(id);
    if (workflow !== null) workflows.push(workflow);
  }
  return needsOf(workflows);
}

export function needsOf(workflows: readonly Workflow[]): WorkflowNeeds {
  const queues = new Map<string, Set<string>>();
  const secrets = new Map<string, Set<string>>();
  const calls = new Map<string, { readonly call: string; readonly queue: string; readonly users: Set<string> }>();
  const longestAttemptMs: Record<string, number> = {};
  for (const { name, nodes } of workflows) {
    for (const { work } of nodes) {
      if (work.kind !== 'call') continue;
      const { call, queue, timeout } = work;
      note(queues, queue, name);
      const key = JSON.stringify([call, queue]);
      calls.set(key, { call, queue, users: (calls.get(key)?.users ?? new Set()).add(name) });
      longestAttemptMs[queue] = Math.max(longestAttemptMs[queue] ?? 0, timeout.attemptMs ?? 0);
      for (const { root, path } of work.with === null ? [] : templateReferences(work.with)) {
        const [secret] = path;
        if (root === 'secrets' && typeof secret === 'string') note(secrets, secret, name);
      }
    }
  }
  return {
    queues: listed(queues),
    calls: [...calls.values()].map(({ call, queue, users }) => ({ call, queue, workflows: [...users].sort() })),
    secrets: listed(secrets),
    longestAttemptMs,
  };
}

function note(users: Map<string, Set<string>>, what: string, workflow: string): void {
  users.set(what, (users.get(what) ?? new Set()).add(workflow));
}

const listed = (users: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> =>
  new Map([...users].map(([what, names]) => [what, [...names].sort()]));
