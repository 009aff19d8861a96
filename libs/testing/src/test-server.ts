import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { Client } from 'pg';

/** The Postgres that tests use; databases of tests are made beside the one it names. */
export const POSTGRES_URL = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Suites begin here, before the test runner counts the time: a server that does not answer must not keep them for ever. */
const PATIENCE_MS = 30_000;

/** Names of test databases tell which process on which machine made them. */
const HOST = createHash('md5').update(hostname()).digest('hex').slice(0, 6);
export const OWN_PREFIX = `reprise_t_${HOST}_${process.pid}_`;

export async function onServer<Result>(work: (server: Client) => Promise<Result>, url = POSTGRES_URL): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS, query_timeout: 2 * PATIENCE_MS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A database of a test and the role for users' SQL that belongs to it: roles are the cluster's, not the database's. */
export async function dropDatabase(server: Client, name: string): Promise<void> {
  await server.query(`drop database if exists ${name} with (force)`);
  const login = `reprise_sql_${name.slice(0, 40)}_`;
  const { rows } = await server.query<{ name: string }>(
    'select rolname as name from pg_roles where starts_with(rolname, $1) and length(rolname) = length($1) + 8',
    [login],
  );
  for (const role of rows) await server.query(`drop role if exists ${role.name}`);
}

/** Databases whose process is dead: a killed test run cannot clean up after itself. */
export async function sweepDatabases(server: Client): Promise<void> {
  const { rows } = await server.query<{ name: string }>(
    'select datname as name from pg_database where starts_with(datname, $1)',
    [`reprise_t_${HOST}_`],
  );
  for (const { name } of rows) {
    const pid = Number(name.split('_')[3]);
    // Another process may be sweeping the same one.
    if (!isAlive(pid)) await dropDatabase(server, name).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
