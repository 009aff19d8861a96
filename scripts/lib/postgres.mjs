import os from 'node:os';
import { Expected } from './print.mjs';

/** The database of Reprise on a server it shares with others; nothing else there is touched. */
const OURS = 'reprise';
const OLDEST = 14;
const UNKNOWN_DATABASE = '3D000';
const EXISTS_ALREADY = new Set(['42P04', '23505']);

/** One query on a fresh connection. pg is imported late: it may have been installed a moment ago. */
async function ask(url, sql) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000, application_name: 'reprise start' });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** The major version of the server behind `url`; throws if it does not answer. */
export async function versionOf(url) {
  const [row] = await ask(url, 'show server_version_num');
  return Math.floor(Number(row.server_version_num) / 10_000);
}

/** `url` with another database name. */
export function withDatabase(url, name) {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** Creates our database if it is missing; `url` names it. Throws if this login may not. */
export async function ensureDatabase(url) {
  try {
    return await ask(url, 'select 1');
  } catch (error) {
    if (error.code !== UNKNOWN_DATABASE) throw error;
  }
  await ask(withDatabase(url, 'postgres'), `create database ${OURS}`).catch((error) => {
    if (!EXISTS_ALREADY.has(error.code)) throw error;
  });
  return ask(url, 'select 1');
}

function urlOf({ user, password, host = '127.0.0.1', port = '5432' }) {
  const url = new URL(`postgres://${host}:${port}/${OURS}`);
  url.username = encodeURIComponent(user);
  if (password) url.password = encodeURIComponent(password);
  return url.href;
}

/** The logins that a developer's machine usually accepts; what PG* variables say comes first. */
function usualLogins() {
  const { PGHOST, PGPORT, PGUSER, PGPASSWORD } = process.env;
  const user = os.userInfo().username;
  const logins = [{ user: 'postgres' }, { user: 'postgres', password: 'postgres' }, { user }];
  // A PGHOST that is a folder means a socket, which a postgres:// URL of all the drivers involved cannot say.
  const host = PGHOST && !PGHOST.startsWith('/') ? { host: PGHOST } : {};
  if (PGHOST || PGPORT || PGUSER) {
    logins.unshift({ user: PGUSER ?? user, password: PGPASSWORD, ...host, ...(PGPORT ? { port: PGPORT } : {}) });
  }
  return logins.map(urlOf);
}

/** What DATABASE_URL names, or null if it is not set. Set but silent is an error: nobody wants another database by surprise. */
export async function givenPostgres() {
  const url = process.env.DATABASE_URL;
  if (!url) return null;
  const version = await versionOf(url).catch((error) => {
    throw new Expected(
      `DATABASE_URL is set, but the server does not let us in: ${error.message}\nStart it, correct the URL, or unset DATABASE_URL.`,
    );
  });
  if (version < OLDEST) throw new Expected(`DATABASE_URL names PostgreSQL ${version}; Reprise needs ${OLDEST} or newer.`);
  return { url, detail: `DATABASE_URL (PostgreSQL ${version})` };
}

/** A server on this machine that lets us in and has, or may be given, our own database; null if there is none. */
export async function localPostgres() {
  for (const url of usualLogins()) {
    try {
      await ensureDatabase(url);
      const version = await versionOf(url);
      if (version >= OLDEST)
        return { url, detail: `the server on ${new URL(url).host}, database ${OURS} (PostgreSQL ${version})` };
    } catch {
      // Not there, or not for us: the next login, then the next rung of the ladder.
    }
  }
  return null;
}
