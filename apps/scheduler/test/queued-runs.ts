import { type Json, queueRun, type RunId, runId, toJsonText } from '@reprise/core';
import { SlotStore, StartStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { registerWorkflow, startRuns } from '@reprise/testing';
import type { SchedulerUnderTest } from './scheduler-under-test.js';

/** Runs as the trigger leaves them: as many as have a place have begun, the others wait for one, in this order. */
export async function startCounted(
  { db }: SchedulerUnderTest,
  document: string,
  count: number,
  key = '',
): Promise<{ readonly begun: Awaited<ReturnType<typeof startRuns>>; readonly queued: readonly RunId[] }> {
  const registered = await registerWorkflow(db.database, document);
  const { version, workflow } = registered;
  const most = workflow.concurrency?.limit ?? 1;
  const begun = await startRuns(db.database, registered, Array<Json>(Math.min(most, count)).fill({}));
  const queued = Array.from({ length: count - begun.length }, () =>
    queueRun(workflow, { id: runId(systemClock.uuidv7()), input: toJsonText({}), labels: { of: 'queue' } }, systemClock.now()),
  );
  const write = { version, workflow: workflow.name, trigger: 'api', key: null, slotKey: key, tasks: [], attempts: [] };
  await new StartStore(db.database).insertRuns(queued.map((run) => ({ ...write, run })));
  await db.query('update reprise.run set slot_key = $2 where id = any($1::uuid[])', [begun.map(({ run }) => run), key]);
  const place = { workflow: workflow.name, key, version, most };
  await new SlotStore(db.database).insert([
    ...begun.map(({ run }) => ({ ...place, run, state: 'held' as const })),
    ...queued.map(({ id: run }) => ({ ...place, run, state: 'waiting' as const })),
  ]);
  return { begun, queued: queued.map(({ id }) => id) };
}
