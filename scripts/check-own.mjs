#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root } from './lib/paths.mjs';
import { freeRange } from './lib/ports.mjs';
import { done, Expected, fail } from './lib/print.mjs';
import { run } from './lib/processes.mjs';
import { until } from './lib/until.mjs';

/*
 * The bare-machine path from end to end: `npm start -- --own` in a state folder of its own, every service asked for /readyz,
 * stopped as Ctrl-C does, and no process of it left.
 */
const START_MS = 300_000;
const STOP_MS = 90_000;

/** Every process whose environment names our state folder: services, keeper, Postgres, RabbitMQ, epmd. Linux only, else null. */
async function ourProcesses(state) {
  if (process.platform !== 'linux') return null;
  const { output } = await run('sh', ['-c', 'grep -lsa -- "$1" /proc/[0-9]*/environ; true', 'sh', `REPRISE_STATE_DIR=${state}`]);
  const pids = output.split('\n').filter((line) => line.startsWith('/proc/'));
  return pids.map((file) => Number(file.split('/')[2])).filter((pid) => pid !== process.pid);
}

const state = mkdtempSync(path.join(os.tmpdir(), 'reprise-own-'));
// As root Postgres runs as somebody else, who must be able to pass.
chmodSync(state, 0o755);
const port = await freeRange(4100, 4);
const env = { ...process.env, REPRISE_STATE_DIR: state, REPRISE_PORT: String(port) };
delete env.DATABASE_URL;
delete env.AMQP_URL;
const launcher = spawn('npm', ['start', '--', '--own'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
const exited = new Promise((resolve) => launcher.once('exit', (code, signal) => resolve(signal ?? code)));
try {
  let text = '';
  createInterface({ input: launcher.stdout }).on('line', (line) => (text += `${line}\n`));
  const ready = () => {
    if (launcher.exitCode !== null) throw new Expected(`npm start ended with code ${launcher.exitCode}:\n${text}`);
    return /is ready after ([\d.]+) s/.exec(text);
  };
  const [, seconds] = await until('npm start -- --own', ready, { withinMs: START_MS });
  for (let index = 0; index < 4; index += 1) {
    const answer = await fetch(`http://127.0.0.1:${port + index}/readyz`);
    if (!answer.ok) throw new Expected(`port ${port + index}: /readyz answered ${answer.status}`);
  }
  done('own', `ready after ${seconds} s`);
  launcher.kill('SIGINT');
  const code = await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, STOP_MS, 'nothing').unref())]);
  if (code !== 0) throw new Expected(`npm start answered SIGINT with ${code}`);
  const left = await ourProcesses(state);
  if (left?.length) throw new Expected(`left behind: ${left.join(', ')}`);
  done('own', 'stopped; no process left');
} catch (error) {
  fail(error);
  process.exitCode = 1;
  launcher.kill('SIGTERM');
  await exited;
} finally {
  rmSync(state, { recursive: true, force: true });
}
