#!/usr/bin/env node
// Prints the path of a Python that has pika, for the worker of examples/python-worker and its test; as root it installs Debian's
// python3-pika where it is missing. Says what to do, and fails, when it cannot.
import { existsSync } from 'node:fs';
import { onPath, run } from './lib/processes.mjs';

const DEBIAN = '/usr/bin/python3';
const APT = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

async function withPika() {
  for (const python of [process.env.PYTHON, 'python3', DEBIAN].filter((each) => each !== undefined && each !== '')) {
    if (python.startsWith('/') ? !existsSync(python) : !onPath(python)) continue;
    if ((await run(python, ['-c', 'import pika'], { env })).code === 0) return python;
  }
  return null;
}

let python = await withPika();
let said = '';
if (python === null && process.getuid?.() === 0 && onPath('apt-get')) {
  await run('apt-get', [...APT, 'update'], { env });
  const { code, output } = await run('apt-get', [...APT, 'install', '-y', '--no-install-recommends', 'python3-pika'], { env });
  if (code !== 0) said = ` (apt-get install python3-pika: ${output.trim().split('\n').at(-1)})`;
  python = await withPika();
}
if (python === null) {
  console.error(
    `no Python with pika${said}: install Debian's python3-pika, or \`pip install pika\` for the python3 on the PATH, or name one in PYTHON`,
  );
  process.exitCode = 1;
} else console.log(python);
