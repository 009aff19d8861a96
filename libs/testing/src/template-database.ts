import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Database, migrate } from '@reprise/ledger';
import type { Client } from 'pg';
import { dropDatabase, OWN_PREFIX, onServer, POSTGRES_URL } from './test-server.js';

const FAMILY = 'reprise_template_';
/** Of other states: another checkout may be tested beside this one, and would have to make its template again and again. */
const OTHERS_KEPT = 4;
const WEEK_MS = 7 * 24 * 3_600_000;
const NAME_TAKEN = '42P04';

/**
 * The migrated database that test databases are copies of: copying takes a tenth of migrating. Made once for each state of what makes
 * the schema, by whoever comes first; the oldest of other states are dropped.
 */
export async function templateDatabase(server: Client): Promise<string> {
  const name = `${FAMILY}${schemaHash()}`;
  if (await exists(server, name)) return name;
  // Spares the others the work, no more: those who come by way of another database do not see this lock.
  await server.query('select pg_advisory_lock(hashtext($1))', [FAMILY]);
  try {
    if (!(await exists(server, name))) await makeTemplate(server, name);
  } finally {
    await server.query('select pg_advisory_unlock(hashtext($1))', [FAMILY]);
  }
  return name;
}

const exists = async (server: Client, name: string): Promise<boolean> =>
  (await server.query('select from pg_database where datname = $1', [name])).rowCount === 1;

async function makeTemplate(server: Client, name: string): Promise<void> {
  await dropOldest(server);
  // Under its final name only when it is whole: whoever finds it may copy it at once. Until then it is swept like any test's.
  const making = `${OWN_PREFIX}${randomBytes(4).toString('hex')}`;
  await server.query(`create database ${making}`);
  await migrateTemplate(urlOf(making));
  try {
    await server.query(`alter database ${making} rename to ${name}`);
  } catch (error) {
    await dropDatabase(server, making);
    if (!(error instanceof Error && 'code' in error && error.code === NAME_TAKEN)) throw error;
  }
  await server.query(`alter database ${name} with is_template true allow_connections false`);
}

async function dropOldest(server: Client): Promise<void> {
  const { rows } = await server.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1) order by oid desc offset $2',
    [FAMILY, OTHERS_KEPT],
  );
  for (const old of rows) {
    // Somebody else may be copying or dropping it just now.
    await server.query(`alter database ${old.name} is_template false`).catch(() => undefined);
    await server.query(`drop database ${old.name}`).catch(() => undefined);
  }
}

/** Each copy gets a role of its own (`ensure_sql_login`); the template must not leave one behind. */
async function migrateTemplate(url: string): Promise<void> {
  const database = new Database({ url, applicationName: 'reprise-test-template', poolSize: 3 });
  await database.connect();
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
  await onServer(async (template) => {
    const { rows } = await template.query<{ login: string }>(
      `delete from reprise.setting where name = 'sql_role' and value->>'kind' = 'ready' returning value->>'user' as login`,
    );
    for (const { login } of rows) await template.query(`drop owned by ${login}; drop role ${login}`);
  }, url);
}

export function urlOf(name: string): string {
  const url = new URL(POSTGRES_URL);
  url.pathname = `/${name}`;
  return url.href;
}

/** Of everything the schema is made of; partitions are weekly, so the week belongs to it. */
function schemaHash(): string {
  const hash = createHash('sha256').update(String(Math.floor(Date.now() / WEEK_MS)));
  const ledger = new URL('../../ledger/', import.meta.url);
  const folders = ['migrations/', 'src/migrations/'].flatMap((folder) =>
    readdirSync(new URL(folder, ledger))
      .sort()
      .map((file) => folder + file),
  );
  for (const file of [...folders, 'src/schema/partitions.ts', 'src/schema/migrate.ts'])
    hash.update(file).update(readFileSync(new URL(file, ledger)));
  return hash.digest('hex').slice(0, 12);
}
