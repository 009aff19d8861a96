import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, fence, runId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { Explaining } from '../../test/explaining.js';
import { newRun, newTask } from '../../test/rows.js';
import { AdvanceStore, ClaimStore, type Database, type RunAddress } from '../index.js';

const BATCH = 100;
/** Half of the rows are of one run: a forEach over a long list. */
const LARGE = { thin: 100_000, fat: 100_000 };
const SMALL = { thin: 1_000, fat: 1_000 };

let db: TestDatabase;

/** Every hot statement once, for one batch. */
async function readsOf(addresses: readonly RunAddress[]): Promise<Record<string, number>> {
  const explaining = new Explaining(db.database);
  const tickets = addresses.map((address) => ({ ...address, fence: fence(1) }));
  const claim = claimId(systemClock.uuid());
  const claims = new ClaimStore(explaining as unknown as Database);
  await claims.claim(tickets, claim, 'executor', 15_000, 'default');
  await claims.renew(
    tickets.map((ticket) => ({ ...ticket, claim, outcome: null })),
    15_000,
  );
  const store = new AdvanceStore(explaining);
  const ids = [...new Set(addresses.map(({ run }) => run))].sort();
  await store.lockRuns(ids);
  await store.updateRuns(ids.map((id) => newRun({ id })));
  await store.lockTasks(addresses);
  await store.writeTasks(addresses.map(({ run, node, at }) => ({ run, task: newTask({ node, at, fence: fence(2) }) })));
  return Object.fromEntries(explaining.reads);
}

const STATEMENTS = ['claim-tasks', 'renew-leases', 'lock-runs', 'update-runs', 'lock-tasks', 'write-tasks'];

function expectBounded(reads: Record<string, number>, most = 2 * BATCH): void {
  expect(Object.keys(reads).sort()).toEqual([...STATEMENTS].sort());
  for (const [name, rows] of Object.entries(reads)) {
    // An index and the rows it leads to; nothing that grows with the table.
    if (rows > most) throw new Error(`${name} has read ${rows} rows for a batch of ${BATCH}: ${JSON.stringify(reads)}`);
  }
}

const addressesOf = (rows: readonly { run_id: string; node: number; at: string }[]): readonly RunAddress[] =>
  rows.map(({ run_id, node, at }) => ({ run: runId(run_id), node, at }));

/** `BATCH` task rows from anywhere in the table, or of the one long run. */
async function batch(ofFatRun: boolean): Promise<readonly RunAddress[]> {
  const which = ofFatRun ? '=' : '<>';
  return addressesOf(
    await db.query(
      `select * from (
         select run_id, node, at from reprise.task where run_id ${which} (select id from reprise.run where workflow = 'fat')
         order by hashtext(run_id::text || at) limit ${BATCH}) as t
       order by run_id, node, at`,
    ),
  );
}

const STRANGERS: readonly RunAddress[] = Array.from({ length: BATCH }, () => ({
  run: runId(systemClock.uuidv7()),
  node: 0,
  at: '',
}));

/** Many rows in one statement: a slow machine takes longer than the engine gives one. */
const takingTime = (statement: string, values: readonly unknown[]): Promise<void> =>
  db.database.source.transaction(async (manager) => {
    await manager.query('set local statement_timeout = 0');
    await manager.query(statement, [...values]);
  });

/** Ready tasks of this week's runs, as fast as Postgres writes. `thin`: runs with one each. `fat`: one run with that many. */
async function add({ thin, fat }: { readonly thin: number; readonly fat: number }): Promise<void> {
  const id = `(lpad(to_hex((extract(epoch from now()) * 1000)::bigint - g), 12, '0') || '7abc8' || lpad(to_hex(g), 15, '0'))::uuid`;
  const insertRuns = (workflow: string, from: number, to: number) =>
    takingTime(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at)
       select ${id}, gen_random_uuid(), $1, 'running', 'a', 'api', '{}', now() from generate_series($2::int, $3::int) as g`,
      [workflow, from, to],
    );
  const insertTasksOf = (workflow: string, each: number) =>
    takingTime(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, queue, created_at, queued_at, watch_at, input)
       select id, 0, g::text, 'ready', 1, 1, 'default', now(), now(), now() + interval '10 seconds', '{}'
       from reprise.run, generate_series(1, $2::int) as g where workflow = $1`,
      [workflow, each],
    );
  if (thin > 0) {
    await insertRuns('thin', 1, thin);
    await insertTasksOf('thin', 1);
  }
  if (fat > 0) {
    await insertRuns('fat', 0, 0);
    await insertTasksOf('fat', fat);
  }
}

async function each(sql: string): Promise<void> {
  for (const table of ['run', 'task']) await takingTime(`${sql} reprise.${table}`, []);
}

beforeAll(async () => {
  db = await TestDatabase.create();
  // What statistics there are is what this test says.
  const partitions = await db.query<{ name: string }>(
    `select inhrelid::regclass::text as name from pg_inherits where inhparent = any('{reprise.run,reprise.task}'::regclass[])`,
  );
  for (const { name } of partitions) await db.query(`alter table reprise.${name} set (autovacuum_enabled = false)`);
});
afterAll(() => db.end());
beforeEach(async () => {
  await each('truncate');
  await each('analyze');
});

/** For attempts of many runs, of one run, and of runs that are not there. */
async function expectAllBounded(most = 2 * BATCH): Promise<void> {
  for (const ofFatRun of [false, true]) {
    const addresses = await batch(ofFatRun);
    expect(addresses).toHaveLength(BATCH);
    expectBounded(await readsOf(addresses), most);
  }
  expectBounded(await readsOf(STRANGERS), most);
}

describe('the rows a batch reads do not grow with the table', () => {
  test('while it is empty', async () => {
    expectBounded(await readsOf(STRANGERS));
  });

  test('by statistics from when it was empty, by true ones, and by some that know of no long list', async () => {
    await add(LARGE);
    await expectAllBounded();
    await each('analyze');
    await expectAllBounded();
    await takingTime(`delete from reprise.task where run_id = (select id from reprise.run where workflow = 'fat')`, []);
    await db.query(`delete from reprise.run where workflow = 'fat'`);
    await each('analyze');
    await add({ ...LARGE, thin: 0 });
    await expectAllBounded();
  });

  test('while it is small', async () => {
    await add(SMALL);
    // Going through a small table once may be the cheapest; never once for each row of the batch.
    const once = SMALL.thin + SMALL.fat + 1;
    await expectAllBounded(once);
    await each('analyze');
    await expectAllBounded(once);
  });
});
