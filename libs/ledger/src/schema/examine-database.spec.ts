import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DatabaseReached, examine, type Finding } from '@reprise/contracts';
import { EmptyDatabase, POSTGRES_URL, TestDatabase } from '@reprise/testing';
import { Database, ExamineDatabase } from '../index.js';
import { expectedIndexes, indexesOf } from './expected-indexes.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create();
});
afterAll(() => db.end());

async function reached(database: Database = db.database, nowMs = () => Date.now()): Promise<DatabaseReached> {
  const { facts } = await new ExamineDatabase(database, 4, nowMs).examine();
  if (facts.kind === 'unreachable') throw new Error(facts.reason);
  return facts;
}

/** Of what is in the database; how the tests' server is set is its own affair. */
async function findings(database: Database = db.database): Promise<readonly Finding[]> {
  const { facts } = await new ExamineDatabase(database, 4, () => Date.now()).examine();
  const report = examine({ at: 0, version: '1', facts: { database: facts, broker: null, services: null }, skipped: [] });
  const ofServer = [
    'autovacuum_off',
    'fsync_off',
    'full_page_writes_off',
    'synchronous_commit_off',
    'connections',
    'long_transaction',
  ];
  return report.findings.filter(({ rule }) => !ofServer.includes(rule.replace('database.', '')));
}

const rules = async (database?: Database) => (await findings(database)).map(({ rule }) => rule);

/** One that is looked at as it is, however little is in it. */
async function lookingAt<Result>(url: string, work: (database: Database) => Promise<Result>): Promise<Result> {
  const database = new Database({ url, applicationName: 'reprise doctor', poolSize: 2 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

test('a database as the migrations leave it: nothing is found, nothing is skipped', async () => {
  expect(await findings()).toEqual([]);
  expect((await new ExamineDatabase(db.database, 4, () => Date.now()).examine()).skipped).toEqual([]);
  const facts = await reached();
  expect(facts.version).toBeGreaterThan(140_000);
  expect(facts.settings['fsync']).toMatch(/^(on|off)$/);
  expect(facts.tables.map(({ name }) => name)).toContain('member');
  expect(facts.partitions.map(({ table }) => table)).toEqual(['run', 'task', 'attempt', 'effect', 'attempt_log']);
});

test('an index that was dropped is found, with the statement that makes it again', async () => {
  await db.query('drop index reprise.dead_letter_open');
  const [finding, ...others] = await findings();
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ rule: 'database.missing_index', about: 'dead_letter_open' });
  await db.query(finding?.mend ?? '');
  expect(await findings()).toEqual([]);
});

test('an index that a failed build has left behind is found, and mended by what is said', async () => {
  await db.query(`update pg_index set indisvalid = false where indexrelid = 'reprise.command_open'::regclass`);
  const [finding] = await findings();
  expect(finding).toMatchObject({ rule: 'database.invalid_index', about: 'command_open' });
  await db.query(finding?.mend ?? '');
  expect(await findings()).toEqual([]);
});

test('migrations that are pending, and those of a newer build', async () => {
  const [last] = await db.query<{ name: string }>('select name from reprise.migration order by id desc limit 1');
  await db.query('update reprise.migration set name = $1 where name = $2', ['Future1700000009999', last?.name]);
  expect((await reached()).pendingMigrations).toEqual([last?.name]);
  expect((await reached()).unknownMigrations).toEqual(['Future1700000009999']);
  expect(await rules()).toEqual(['database.pending_migrations', 'database.newer_ledger']);
  await db.query('update reprise.migration set name = $1 where name = $2', [last?.name, 'Future1700000009999']);
  expect(await rules()).toEqual([]);
});

test('a transaction that somebody keeps open is seen, with who and since when', async () => {
  await lookingAt(db.url, async (other) => {
    await other.connect();
    await other.transaction(async (session) => {
      await session.run({ name: 'begin', text: 'select 1' }, []);
      const { transactions } = await reached();
      expect(transactions).toContainEqual(
        expect.objectContaining({ application: 'reprise doctor', state: 'idle in transaction', pid: expect.any(Number) }),
      );
      expect(transactions[0]?.ageMs).toBeGreaterThan(0);
    });
  });
});

test('an empty database is one that is not migrated, no more', async () => {
  const empty = await EmptyDatabase.create();
  try {
    expect(await lookingAt(empty.url, rules)).toEqual(['database.pending_migrations']);
  } finally {
    await empty.end();
  }
});

test('no such database, wrong port: unreachable, with the reason and without the password', async () => {
  const missing = new URL(POSTGRES_URL);
  missing.pathname = '/reprise_no_such_database';
  const closed = new URL(POSTGRES_URL);
  closed.port = '1';
  closed.password = 'very-secret';
  const reasons = [];
  for (const { href } of [missing, closed]) {
    const { facts } = await lookingAt(href, (database) => new ExamineDatabase(database, 4, () => 0).examine());
    reasons.push(facts.kind === 'unreachable' ? facts.reason : facts.kind);
  }
  expect(reasons[0]).toContain('"reprise_no_such_database" does not exist');
  expect(reasons[1]).toContain('ECONNREFUSED');
  expect(reasons.join()).not.toContain('very-secret');
});

test('a clock that is off is told by how much', async () => {
  const { clock } = await reached(db.database, () => Date.now() - 3_600_000);
  expect(clock.offsetMs - clock.errorMs).toBeGreaterThan(3_500_000);
});

test('the indexes expected are those the migrations make: read from them, not kept beside them', async () => {
  const there = await db.query<{ name: string }>(
    `select i.relname as name from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where t.relnamespace = 'reprise'::regnamespace and not t.relispartition
        and not exists (select from pg_constraint c where c.conindid = x.indexrelid) order by 1`,
  );
  const expected = expectedIndexes().map(({ name }) => name);
  expect([...expected].sort()).toEqual(there.map(({ name }) => name));
  expect(
    indexesOf([
      '-- create index no on reprise.a (x);\ncreate index one on reprise.a (x);\ncreate unique index if not exists two on reprise.b\n  (y) where z;',
      'drop index if exists reprise.one; alter index reprise.two rename to three;',
    ]),
  ).toEqual([{ name: 'three', table: 'b', statement: 'create unique index if not exists three on reprise.b (y) where z' }]);
});

test('then what is not mended: partitions that end soon, and rows that fell beside all of them', async () => {
  const partitions = await db.query<{ name: string }>(
    `select child.relname as name from pg_inherits join pg_class child on child.oid = inhrelid
      where inhparent = 'reprise.attempt'::regclass and child.relname <> 'attempt_default' order by 1 desc limit 8`,
  );
  for (const { name } of partitions) await db.query(`drop table reprise.${name}`);
  await db.query(
    `insert into reprise.attempt_log (run_id, node, at, attempt, fence, part, lines)
      values ('ffffffff-ffff-7fff-bfff-ffffffffffff', 0, '{}', 1, 1, 1, '[]')`,
  );
  const found = await findings();
  expect(found.map(({ rule, about }) => [rule, about])).toEqual([
    ['database.partitions', 'attempt'],
    ['database.stray_rows', 'attempt_log_default'],
  ]);
});

test('last of all: a database that takes no writes', async () => {
  await db.query(`alter database ${db.name} set default_transaction_read_only = on`);
  const found = await lookingAt(db.url, findings);
  // No connection to it is one: it is told before anything else could be asked.
  expect(found).toMatchObject([{ rule: 'database.unreachable', what: expect.stringContaining('takes no writes') }]);
});
