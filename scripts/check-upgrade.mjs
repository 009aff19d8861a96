#!/usr/bin/env node
// node scripts/check-upgrade.mjs OLD_REF: builds an older version, starts it, puts load on it, starts this version beside it and stops the
// old one. Fails unless every start that was accepted has become a run that succeeded. Needs DATABASE_URL and AMQP_URL (default: local servers).
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmptyDatabase, TestBroker } from '@reprise/testing';
import pg from 'pg';
import { root } from './lib/paths.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const DOCUMENT = {
  workflow: 'upgrade',
  defaults: { retry: { maximumAttempts: 5, initialInterval: '200ms' } },
  tasks: [
    { id: 'first', call: 'shell', with: { run: 'sleep 0.2; echo first' } },
    { id: 'wait', sleep: '1s' },
    { id: 'items', forEach: { in: '${{ [1, 2, 3] }}', parallel: 3 }, call: 'shell', with: { run: 'echo item' } },
    { id: 'last', call: 'shell', with: { run: 'sleep 0.2; echo last' } },
  ],
};
const SERVICES = ['trigger', 'scheduler', 'executor', 'monitor'];
const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 120_000;

const [oldRef] = process.argv.slice(2);
if (oldRef === undefined) throw new Error('usage: node scripts/check-upgrade.mjs OLD_REF');
const git = (...args) => execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
const known = spawnSync('git', ['-C', root, 'rev-parse', '--verify', '--quiet', `${oldRef}^{commit}`]);
if (known.status !== 0) {
  console.log(`skipped: this clone does not have ${oldRef} (a shallow clone has no history: git fetch --unshallow)`);
  process.exit(0);
}

const say = (text) => console.log(`[${(performance.now() / 1_000).toFixed(1)}s] ${text}`);
const tree = mkdtempSync(path.join(tmpdir(), 'reprise-upgrade-'));
const started = [];
const database = await EmptyDatabase.create();
const broker = new TestBroker();
let failed = true;
try {
  failed = !(await check());
} finally {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  spawnSync('git', ['-C', root, 'worktree', 'remove', '--force', tree]);
  rmSync(tree, { recursive: true, force: true });
  await broker.end(['default']);
  await database.end();
}
process.exit(failed ? 1 : 0);

async function check() {
  say(`building ${git('log', '-1', '--format=%h %s', oldRef)}`);
  buildOld();
  const old = await version(tree, 'old');
  await register(old.trigger.url);
  const load = sendLoad(old.trigger.url);
  await pause(4_000);
  say('starting this version beside it');
  const fresh = await version(root, 'new');
  load.to(fresh.trigger.url);
  await pause(4_000);
  say('stopping the old version');
  const codes = await Promise.all(SERVICES.map((name) => stop(old[name].child)));
  await pause(4_000);
  const accepted = await load.end();
  const runs = await ended(accepted);
  const bad = runs.filter(({ status }) => status !== 'succeeded');
  await Promise.all(SERVICES.map((name) => stop(fresh[name].child)));
  say(
    `${accepted.length} starts accepted, ${runs.length} runs, ${runs.length - bad.length} succeeded; the old services ended with ${codes}`,
  );
  for (const { id, status, error } of bad.slice(0, 5)) say(`run ${id} is ${status}: ${error}`);
  return bad.length === 0 && runs.length === accepted.length && codes.every((code) => code === 0);
}

/** With this version's packages: where they have changed, the old one may not build, and says so. */
function buildOld() {
  git('worktree', 'add', '--force', '--detach', tree, oldRef);
  execFileSync('cp', ['-al', path.join(root, 'node_modules'), path.join(tree, 'node_modules')]);
  // Links of the workspace lead to folders beside them, so each tree finds its own.
  const built = spawnSync('npm', ['run', 'build', '--silent'], { cwd: tree, stdio: 'inherit' });
  if (built.status !== 0) throw new Error(`${oldRef} does not build with the packages installed here`);
}

async function version(folder, label) {
  const services = {};
  for (const name of SERVICES) services[name] = await service(folder, name, label, services.trigger?.url);
  say(`the ${label} version runs`);
  return services;
}

async function service(folder, name, label, triggerUrl) {
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: database.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
    REPRISE_DATABASE_POOL: '4',
    ...(triggerUrl === undefined ? {} : { REPRISE_TRIGGER_URL: triggerUrl }),
  };
  const child = spawn(process.execPath, [`apps/${name}/dist/main.js`], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const url = await until(`the ${label} ${name}`, READY_WITHIN_MS, async () => {
    if (child.exitCode !== null) throw new Error(`the ${label} ${name} ended with ${child.exitCode}:\n${said.slice(-2_000)}`);
    const found = /"url":"(http:[^"]+)"/.exec(said)?.[1];
    return found !== undefined && (await fetch(`${found}/readyz`)).ok && found;
  });
  return { child, url };
}

async function register(url) {
  const answer = await fetch(`${url}/v1/workflows`, { method: 'POST', headers: JSON_TYPE, body: JSON.stringify(DOCUMENT) });
  if (!answer.ok) throw new Error(`not registered: ${answer.status} ${await answer.text()}`);
}

/** One start after the other, each with a key, sent again until it is answered: what a careful client does. */
function sendLoad(first) {
  let url = first;
  let going = true;
  const accepted = [];
  const sending = (async () => {
    for (let number = 1; going; number += 1) {
      const key = `start-${number}`;
      while (!(await startOne(url, key))) await pause(100);
      accepted.push(key);
      await pause(20);
    }
  })();
  const end = async () => {
    going = false;
    await sending;
    return accepted;
  };
  return { end, to: (next) => (url = next) };
}

async function startOne(url, key) {
  const headers = { ...JSON_TYPE, 'idempotency-key': key };
  const answer = await fetch(`${url}/v1/workflows/upgrade/runs`, { method: 'POST', headers, body: '{"input":{}}' }).catch(
    () => null,
  );
  await answer?.arrayBuffer();
  return answer?.ok === true;
}

async function ended(keys) {
  const client = new pg.Client(database.url);
  await client.connect();
  const all = () => client.query('select id, key, status, error::text, ended_at from reprise.run where key = any($1)', [keys]);
  try {
    await until('every run to end', END_WITHIN_MS, async () => {
      const { rows } = await all();
      return rows.length === keys.length && rows.every((row) => row.ended_at !== null);
    }).catch((error) => say(error.message));
    return (await all()).rows;
  } finally {
    await client.end();
  }
}

function stop(child) {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  const gone = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
  child.kill('SIGTERM');
  return gone;
}

async function until(what, withinMs, ask) {
  const end = performance.now() + withinMs;
  for (;;) {
    const answer = await Promise.resolve(ask()).catch((error) => {
      if (/ended with/.test(error.message)) throw error;
      return false;
    });
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${withinMs} ms`);
    await pause(200);
  }
}
