#!/usr/bin/env node
// Prints the path of PgBouncer, for the test of poolers; as root it installs Debian's where it is missing. Says what to do, and
// fails, when it cannot.
import { existsSync } from 'node:fs';
import { onPath, run } from './lib/processes.mjs';

const PLACES = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'];
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

const found = () => PLACES.find((place) => existsSync(place)) ?? null;

let program = found();
let said = '';
if (program === null && process.getuid?.() === 0 && onPath('apt-get')) {
  await run('apt-get', [...APT, 'update'], { env });
  const { code, output } = await run('apt-get', [...APT, 'install', '-y', '--no-install-recommends', 'pgbouncer'], { env });
  if (code !== 0) said = ` (apt-get install pgbouncer: ${output.trim().split('\n').at(-1)})`;
  program = found();
}
if (program === null) {
  console.error(`no PgBouncer${said}: install Debian's pgbouncer`);
  process.exitCode = 1;
} else console.log(program);
