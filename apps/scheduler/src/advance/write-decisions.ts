import { hasTaskEnded, type RunId, readProbeName } from '@reprise/core';
import type { AdvanceStore, KeyedEnd, SlotRun, Success, TaskWrite } from '@reprise/ledger';
import { byKey } from '@reprise/ledger';
import type { Advanced } from './advanced.js';
import { settlePlaces } from './settle-places.js';
import { undoneCalls } from './undone-calls.js';

/** Everything the decisions changed, in one statement a table, sorted by key. Returns the queued runs that may begin because of it. */
export async function writeDecisions(
  store: AdvanceStore,
  advanced: readonly Advanced[],
  announced: readonly RunId[],
  retentionMs: number,
): Promise<readonly SlotRun[]> {
  // Before what the runs become now: one that was told, taken up again and has ended once more has yet to be told again.
  await store.markAnnounced(announced);
  await store.updateRuns(advanced.flatMap(({ decision }) => (decision.run === null ? [] : [decision.run])));
  const writes = advanced.flatMap(({ run, decision }) => decision.tasks.map((task): TaskWrite => ({ run: run.id, task })));
  await store.writeTasks(writes.sort((a, b) => byKey({ run: a.run, ...a.task }, { run: b.run, ...b.task })));
  await store.insertAttempts(
    advanced.flatMap(({ run, decision }) => decision.attempts.map((record) => ({ run: run.id, record }))),
  );
  await store.approvals.write(
    advanced.flatMap(({ run, version, workflow, now, decision }) =>
      decision.approvals.map((write) => ({ run: run.id, version, workflow, now, write })),
    ),
  );
  await store.settleKeys(advanced.flatMap((each) => keyedEnds(each, retentionMs)));
  await store.effects.write(advanced.flatMap(({ run, decision }) => decision.effects.map((write) => ({ run: run.id, write }))));
  await store.undo.retireKeys(advanced.flatMap(undoneCalls));
  const granted = await settlePlaces(store, advanced);
  await store.successes.record(advanced.flatMap(successes));
  return granted;
}

/** Probes are no workflows of their own. */
const successes = ({ workflow, decision }: Advanced): readonly Success[] =>
  decision.facts.flatMap((fact) =>
    fact.kind === 'run-ended' && fact.status === 'succeeded' && readProbeName(workflow.name) === null
      ? [{ workflow: workflow.name, at: fact.endedAt }]
      : [],
  );

/** Tasks with a business key that ended now: a success is kept under the key, anything else frees it. */
function keyedEnds({ run, workflow, decision }: Advanced, usualMs: number): readonly KeyedEnd[] {
  return decision.tasks.flatMap((task) => {
    const work = workflow.nodes[task.node]?.work;
    if (task.idempotencyKey === null || !hasTaskEnded(task.status) || work?.kind !== 'call') return [];
    const output = task.output === 'stored' ? null : task.output;
    const { node, at, idempotencyKey: key } = task;
    const retentionMs = work.retentionMs ?? usualMs;
    return [{ run: run.id, node, at, call: work.call, key, output, succeeded: task.status === 'succeeded', retentionMs }];
  });
}
