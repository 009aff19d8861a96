import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { eventually, insertFinishedRuns, TestDatabase } from '@reprise/testing';
import { newRun, newStart } from '../../test/rows.js';
import { migrate, StartStore } from '../index.js';
import { partitionName, weekOf } from './partitions.js';

let db: TestDatabase;
/** A ledger as the migration before left it, with runs. */
beforeEach(async () => {
  db = await TestDatabase.create();
  await db.query('drop index reprise.run_failed_of_workflow');
  await db.query(`delete from reprise.migration where name like 'BoundedLists%'`);
  await db.database.source.transaction((manager) =>
    insertFinishedRuns((text, values) => manager.query(text, values), { runs: 500, days: 3 }),
  );
});
afterEach(() => db.end());

/** A week with runs: just after a week has begun it has none yet. */
async function busyWeek(): Promise<string> {
  const [week] = await db.query<{ name: string }>(
    'select c.relname as name from reprise.run as r join pg_class as c on c.oid = r.tableoid group by 1 order by count(*) desc, 1 limit 1',
  );
  if (week === undefined) throw new Error('no runs');
  return week.name;
}
const thisWeek = () => partitionName({ name: 'run' }, weekOf(systemClock.now()));
const unfinished = () =>
  db.query(`select inhrelid::regclass from pg_inherits where inhparent = 'reprise.run'::regclass and not exists (
    select from pg_index as i join pg_inherits as o on o.inhrelid = i.indexrelid
    where i.indrelid = pg_inherits.inhrelid and o.inhparent = 'reprise.run_failed_of_workflow'::regclass and i.indisvalid)`);

test('every week gets its part of a new index, a try that was interrupted included, and the whole of it is valid', async () => {
  // What an interrupted try may leave: a part under the name, of no use.
  const week = await busyWeek();
  await db.query(`create index ${week}_failed_of_workflow on reprise.${week} (key)`);
  expect(await migrate(db.database)).toBe(1);
  expect(await unfinished()).toEqual([]);
  const [index] = await db.query(
    `select indisvalid as valid from pg_index where indexrelid = 'reprise.run_failed_of_workflow'::regclass`,
  );
  expect(index).toEqual({ valid: true });
  const plan = await db.query(
    `explain select id from reprise.run where workflow = 'flow-3' and status = 'failed' order by id desc limit 1`,
  );
  expect(JSON.stringify(plan)).toContain(`${week}_failed_of_workflow`);
  expect(await migrate(db.database)).toBe(0);
});

test('runs start while the index is being built', async () => {
  const writer = db.database.source.createQueryRunner();
  await writer.startTransaction();
  // It idles meanwhile, on a busy machine for longer than the engine allows.
  await writer.query('set local idle_in_transaction_session_timeout = 0');
  const week = await busyWeek();
  await writer.query(`update reprise.${week} set key = 'held' where id = (select id from reprise.${week} limit 1)`);
  const migrating = migrate(db.database);
  try {
    await eventually(
      async () => {
        const rows = await db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like 'create index concurrently%'`,
        );
        expect(rows).toHaveLength(1);
      },
      { what: 'the index to wait for the writer' },
    );
    await new StartStore(db.database).insertRuns([newStart(newRun(), [])]);
  } finally {
    await writer.commitTransaction();
    await writer.release();
  }
  expect(await migrating).toBe(1);
  expect(await unfinished()).toEqual([]);
});

test('keys get their index beside the work, whatever an interrupted try has left', async () => {
  await migrate(db.database);
  await db.query('drop index reprise.idempotency_by_key');
  await db.query('create index idempotency_by_key on reprise.idempotency (fingerprint)');
  await db.query(`delete from reprise.migration where name like 'Keys%'`);
  const writer = db.database.source.createQueryRunner();
  await writer.startTransaction();
  await writer.query('set local idle_in_transaction_session_timeout = 0');
  await writer.query(`update reprise.idempotency set fingerprint = 'g' where key = 'order-0'`);
  const migrating = migrate(db.database);
  try {
    await eventually(
      async () => {
        const rows = await db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ~ '(create|drop) index concurrently'`,
        );
        expect(rows).toHaveLength(1);
      },
      { what: 'the index to wait for the writer' },
    );
    const start = { workflow: 'w', key: 'meanwhile', fingerprint: 'f', run: newRun().id };
    await new StartStore(db.database).takeKeys([start], 60_000);
  } finally {
    await writer.commitTransaction();
    await writer.release();
  }
  expect(await migrating).toBe(1);
  const [index] = await db.query(
    `select pg_get_indexdef(indexrelid) as definition, indisvalid as valid from pg_index where indexrelid = 'reprise.idempotency_by_key'::regclass`,
  );
  expect(index).toEqual({ definition: expect.stringMatching(/idempotency USING btree \(key\)$/), valid: true });
});

test('weeks that were there before are swept as early as new ones', async () => {
  await db.query(`alter table reprise.${thisWeek()} set (autovacuum_vacuum_scale_factor = 0.05)`);
  await db.query(`alter index reprise.${thisWeek()}_labels_idx reset (gin_pending_list_limit)`);
  await migrate(db.database);
  const indexes = await db.query(
    `select distinct c.reloptions as options from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'reprise.run_labels'::regclass`,
  );
  expect(indexes).toEqual([{ options: ['gin_pending_list_limit=256'] }]);
  const rows = await db.query<{ options: readonly string[] }>(
    `select distinct c.reloptions as options from pg_inherits join pg_class c on c.oid = inhrelid
     where inhparent = any('{reprise.run,reprise.task}'::regclass[]) and c.relname !~ 'default$'`,
  );
  expect(rows).toHaveLength(2);
  for (const { options } of rows) expect(options).toContain('autovacuum_vacuum_scale_factor=0.01');
});
