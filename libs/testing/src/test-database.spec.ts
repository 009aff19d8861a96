import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { migrate } from '@reprise/ledger';
import { EmptyDatabase, eventually, TestDatabase } from './index.js';
import { dropDatabase, OWN_PREFIX, onServer } from './test-server.js';

const databases = () =>
  onServer(async (server) => {
    const { rows } = await server.query<{ name: string }>('select datname as name from pg_database');
    return rows.map(({ name }) => name);
  });
const roles = (login: string) =>
  onServer(async (server) => (await server.query('select from pg_roles where rolname = $1', [login])).rowCount);

test('a test gets a whole schema of its own, with nothing left to migrate and a role of its own, and leaves nothing behind', async () => {
  const [one, other] = await Promise.all([TestDatabase.create(), TestDatabase.create()]);
  const logins: string[] = [];
  for (const { query, database } of [one, other].map((db) => ({ query: db.query.bind(db), database: db.database }))) {
    expect(await migrate(database)).toBe(0);
    const [row] = await query<{ login: string; kind: string }>(
      `select value->>'user' as login, value->>'kind' as kind from reprise.setting where name = 'sql_role'`,
    );
    expect(row?.kind).toBe('ready');
    logins.push(row?.login ?? '');
  }
  expect(new Set(logins).size).toBe(2);
  await one.query(`insert into reprise.setting (name, value) values ('mine', '1')`);
  expect(await other.query(`select from reprise.setting where name = 'mine'`)).toEqual([]);
  await Promise.all([one.end(), other.end()]);
  const left = await databases();
  expect(left.filter((name) => name === one.name || name === other.name)).toEqual([]);
  for (const login of logins) expect(await roles(login)).toBe(0);
});

test('databases of dead processes are swept when the next one is made', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const stale = `${OWN_PREFIX.replace(`_${process.pid}_`, `_${pid}_`)}00000000`;
  await onServer((server) => server.query(`create database ${stale}`));
  const mine = await EmptyDatabase.create();
  const db = await TestDatabase.create();
  try {
    // Whoever of all tests makes the next one sweeps: it need not be this one, nor be done when this one is.
    await eventually(async () => expect(await databases()).not.toContain(stale), { what: 'the dead one’s database to be gone' });
    expect(await databases()).toContain(mine.name);
  } finally {
    await db.end();
    await mine.end();
    await onServer((server) => dropDatabase(server, stale));
  }
});
