import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BatchAction } from '@reprise/contracts';
import { names } from '@reprise/contracts';
import { parseDocument, type RunId, type RunStatus, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { ALL_RUNS, BatchStore, type RunFilter, StartStore, WorkflowStore } from '@reprise/ledger';
import { armFaults, silentLogger, systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { RunBatches } from './run-batches.js';

const parsed = parseDocument('workflow: many\ntasks:\n  one: { call: a.b }\n');
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

let db: TestDatabase;
let store: BatchStore;
let version: VersionId;
let told = 0;

beforeAll(async () => {
  db = await TestDatabase.create();
  store = new BatchStore(db.database);
  version = versionId(systemClock.uuidv7());
  await new WorkflowStore(db.database).register(version, 'many', null, document);
});
beforeEach(async () => {
  told = 0;
  await db.query('truncate reprise.run, reprise.task, reprise.command, reprise.batch');
});
afterAll(() => db.end());

const monitor = (leads = true): RunBatches =>
  new RunBatches({
    database: db.database,
    connection: { names: names('nowhere') },
    publisher: {
      publish: async (messages) => {
        told += messages.length;
        return messages.map(() => ({ kind: 'confirmed' }) as const);
      },
    },
    leads: () => leads,
    clock: systemClock,
    logger: silentLogger,
  });

async function startRuns(
  count: number,
  status: RunStatus = 'running',
  labels: Record<string, string> = {},
): Promise<readonly RunId[]> {
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const [clock] = await db.query<{ now: number }>('select reprise.ms(clock_timestamp()) as now');
  const starts = Array.from({ length: count }, () => {
    const request = { id: runId(systemClock.uuidv7()), input: toJsonText({}), labels };
    const { run, tasks, attempts } = startRun(workflow, request, { now: (clock?.now ?? 0) - 1_000, units: [], limits });
    return { run, version, workflow: 'many', trigger: 'api', key: null, tasks, attempts };
  });
  await new StartStore(db.database).insertRuns(starts);
  const ids = starts.map((start) => start.run.id);
  const end = status === 'running' || status === 'paused' ? null : 'now';
  await db.query('update reprise.run set status = $2, ended_at = $3::timestamptz where id = any($1::uuid[])', [ids, status, end]);
  return ids;
}

async function create(action: BatchAction, filter: Partial<RunFilter> = {}, rate = 500): Promise<string> {
  const id = systemClock.uuidv7();
  await store.insert({ id, action, filter: { ...ALL_RUNS, ...filter }, rate, reason: 'tidy up', askedBy: 'ann' });
  return id;
}
const view = async (id: string) => {
  const found = await store.find(id);
  if (found === null) throw new Error(`no batch ${id}`);
  return found;
};
/** Until it has ended, at its own rate. */
const finish = (id: string, by = monitor()) =>
  eventually(
    async () => {
      await by.look();
      return (await view(id)).state === 'done';
    },
    { what: 'the batch to come to its end' },
  );
const commands = () =>
  db.query<{ run_id: string; kind: string; payload: unknown; asked_by: string }>(
    'select run_id, kind, payload, asked_by from reprise.command order by run_id',
  );

describe('a batch', () => {
  test('asks the same of every run it is about, and tells their schedulers', async () => {
    const runs = await startRuns(3);
    const id = await create('cancel');
    await finish(id);
    const asked = { kind: 'cancel', payload: { reason: 'tidy up' }, asked_by: 'ann' };
    expect(await commands()).toEqual(runs.map((run_id) => ({ run_id, ...asked })));
    expect(told).toBeGreaterThan(0);
    expect(await view(id)).toMatchObject({ matched: 3, done: 3, left: 0, skipped: { count: 0 }, failed: { count: 0 } });
  });

  test('leaves alone what is not in a state for it, and counts why', async () => {
    await startRuns(2, 'succeeded');
    await startRuns(1, 'failed');
    const [undone] = await startRuns(1, 'failed');
    await db.query(`update reprise.run set progress = '{"compensated":true}' where id = $1`, [undone]);
    const id = await create('retry');
    await finish(id);
    expect(await view(id)).toMatchObject({
      done: 1,
      skipped: { count: 3, reasons: { not_failed: 2, compensated: 1 } },
    });
    const paused = await create('resume', { status: 'paused' });
    await finish(paused);
    expect(await view(paused)).toMatchObject({ matched: 0, done: 0 });
  });

  test('is about probes of polls only if it names their workflow', async () => {
    const [run, probe] = await startRuns(2);
    await db.query(`update reprise.run set trigger = 'probe', workflow = 'many.poll.stock' where id = $1`, [probe]);
    expect(await store.count({ ...ALL_RUNS, q: 'many' })).toBe(1);
    expect(await store.count({ ...ALL_RUNS, workflow: 'many.poll.stock' })).toBe(1);
    await finish(await create('cancel'));
    expect((await commands()).map(({ run_id }) => run_id)).toEqual([run]);
  });

  test('is about the runs that its filter names', async () => {
    const [red] = await startRuns(1, 'running', { team: 'red' });
    await startRuns(2, 'running', { team: 'blue' });
    expect(await store.count({ ...ALL_RUNS, labels: { team: 'blue' } })).toBe(2);
    expect(await store.count({ ...ALL_RUNS, q: 'ma' })).toBe(3);
    expect(await store.count({ ...ALL_RUNS, q: red!.slice(0, 30) })).toBeGreaterThan(0);
    expect(await store.count({ ...ALL_RUNS, workflow: 'other' })).toBe(0);
    await finish(await create('pause', { labels: { team: 'red' } }));
    expect((await commands()).map(({ run_id, kind }) => [run_id, kind])).toEqual([[red, 'pause']]);
  });

  test('does not touch runs that were created later', async () => {
    const [before] = await startRuns(1);
    const id = await create('cancel');
    const [after] = await startRuns(1);
    await db.query(`update reprise.run set created_at = now() + interval '1 second' where id = $1`, [after]);
    await finish(id);
    expect((await commands()).map(({ run_id }) => run_id)).toEqual([before]);
  });

  test('takes a second’s worth of runs at a time, and only the leader does', async () => {
    await startRuns(5);
    const id = await create('cancel', {}, 2);
    expect(await monitor(false).look()).toBe('rest');
    const [before] = await db.query<{ now: string }>('select clock_timestamp()::text as now');
    expect(await monitor().look()).toBe('again');
    expect(await view(id)).toMatchObject({ state: 'running', done: 2, left: 3 });
    const [row] = await db.query(
      `select next_at >= $2::timestamptz + interval '1 second' as later from reprise.batch where id = $1`,
      [id, before?.now],
    );
    expect(row).toEqual({ later: true });
  });

  test.each(['batch.before-commit', 'batch.after-commit'])(
    'goes on after its monitor has died at %s, and asks nothing twice',
    async (point) => {
      const runs = await startRuns(7);
      const id = await create('cancel', {}, 3);
      armFaults(`${point}:throw@2`);
      try {
        await expect(
          (async () => {
            for (;;) {
              await db.query('update reprise.batch set next_at = now()');
              await monitor().look();
            }
          })(),
        ).rejects.toThrow('injected fault');
      } finally {
        armFaults(null);
      }
      await finish(id);
      expect((await commands()).map(({ run_id }) => run_id)).toEqual(runs);
      expect(await view(id)).toMatchObject({ matched: 7, done: 7, left: 0 });
    },
  );

  test('takes no step at the same time as another monitor', async () => {
    const runs = await startRuns(20);
    const id = await create('cancel', {}, 10);
    await Promise.all([finish(id), finish(id), finish(id)]);
    expect((await commands()).map(({ run_id }) => run_id)).toEqual(runs);
  });

  test('can be stopped: what is left is left', async () => {
    await startRuns(4);
    const id = await create('cancel', {}, 2);
    await monitor().look();
    expect(await store.cancel(id)).toBe(true);
    expect(await store.cancel(id)).toBe(false);
    await db.query(`update reprise.batch set next_at = now()`);
    expect(await monitor().look()).toBe('rest');
    expect(await view(id)).toMatchObject({ state: 'cancelled', done: 2, left: 0 });
  });

  test('is listed, newest first', async () => {
    const ids = [await create('cancel'), await create('pause'), await create('resume')];
    const first = await store.list({ cursor: null, limit: 2 });
    if (first.kind !== 'page') throw new Error(first.kind);
    expect(first.page.items.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    const second = await store.list({ cursor: first.page.next, limit: 2 });
    expect(second).toMatchObject({ page: { items: [{ id: ids[0] }], next: null } });
  });
});
