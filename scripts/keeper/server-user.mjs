import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stateDir, statePath } from '../lib/paths.mjs';

const ids = (name) => {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
  return uid.status === 0 ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : null;
};

/**
 * Whom Postgres runs as: it refuses root. As an ordinary user: null (that user); as root: `postgres` if there is one, else
 * `nobody`. No user is created for it.
 */
export function serverUser() {
  if (process.getuid?.() !== 0) return null;
  const user = ids('postgres') ?? ids('nobody');
  if (!user)
    throw new Error('PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody; set DATABASE_URL');
  return user;
}

const canEnter = (user, folder) => spawnSync('test', ['-w', folder], { ...user, cwd: '/' }).status === 0;

/**
 * A folder the server's user can write to: `wanted`, or, when a parent folder is closed to others (/root is), one under the
 * system's folder for temporary files that survive a restart, remembered in `.reprise/postgres-home`.
 */
export function homeFor(user, wanted) {
  if (!user) return wanted;
  chownSync(wanted, user.uid, user.gid);
  if (canEnter(user, wanted)) return wanted;
  const note = statePath('postgres-home');
  if (existsSync(note)) {
    const known = readFileSync(note, 'utf8');
    if (existsSync(known) && canEnter(user, known)) return known;
  }
  const temporary = existsSync('/var/tmp') ? '/var/tmp' : os.tmpdir();
  const folder = path.join(temporary, `reprise-${createHash('sha256').update(stateDir).digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chownSync(folder, user.uid, user.gid);
  if (!canEnter(user, folder))
    throw new Error(`no folder that PostgreSQL's user can write to (tried ${wanted} and ${folder}); set DATABASE_URL`);
  writeFileSync(note, folder);
  return folder;
}
