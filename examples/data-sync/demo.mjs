#!/usr/bin/env node
// The whole example as one command, for a Reprise that runs already (`npm start` in another terminal). It types what you would type.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import pg from 'pg';
import { checksumOf, places } from './places.mjs';
import { startSource } from './source.mjs';

const USAGE = `node examples/data-sync/demo.mjs [--kill]

  --kill    slower, and the source is repaired only when you press Enter: time to kill processes of \`npm run start:services\` by hand

REPRISE_URL (default http://127.0.0.1:3000) and DATABASE_URL (default: what .reprise/env says) tell where Reprise runs.`;

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const BROKEN = 17;

const say = (text = '') => process.stdout.write(`${text}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const count = (number) => number.toLocaleString('en');

/** What stands in the way, for people. */
class Refusal extends Error {}

function databaseUrl() {
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL;
  const file = path.join(process.env.REPRISE_STATE_DIR || path.join(root, '.reprise'), 'env');
  const url = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')).DATABASE_URL : undefined;
  if (url === undefined) throw new Refusal('Start Reprise first, in another terminal: npm start');
  return url;
}

const repriseUrl = process.env.REPRISE_URL ?? 'http://127.0.0.1:3000';

async function ask(question) {
  const headers = process.env.REPRISE_TOKEN ? { authorization: `Bearer ${process.env.REPRISE_TOKEN}` } : {};
  const answer = await fetch(repriseUrl + question, { headers }).catch(() => {
    throw new Refusal(`Reprise does not answer at ${repriseUrl}. Start it in another terminal (npm start), or set REPRISE_URL.`);
  });
  if (!answer.ok) throw new Refusal(`${repriseUrl}${question} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Runs `npx reprise …`, shows the command, returns what it printed. */
function reprise(...args) {
  say(`$ npx reprise ${args.map((arg) => (/^[\w./:=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}`);
  const command = path.join(root, 'node_modules/.bin/reprise');
  const env = { ...process.env, REPRISE_URL: repriseUrl };
  return execFileSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function setUp(database) {
  say('$ psql "$DATABASE_URL" -f examples/data-sync/setup.sql');
  await database.query(readFileSync(path.join(here, 'setup.sql'), 'utf8'));
  say(reprise('workflow', 'apply', 'examples/data-sync/data-sync.yaml'));
}

function publish(source) {
  const published = JSON.parse(
    reprise('event', 'publish', 'sync.requested', '--data', JSON.stringify({ source: source.url }), '-o', 'json'),
  );
  const [run] = published.runs;
  say(`  started run ${run.id}`);
  say();
  return run.id;
}

const taskOf = (run, name) => run.tasks.find((task) => task.path === name);
const itemsOf = (run) => taskOf(run, 'page')?.items ?? { total: 0, done: 0 };

/** Shows how far the run is, every two seconds, until `isEnough`. */
async function watch(id, source, isEnough) {
  for (let shown = ''; ; ) {
    const run = await ask(`/v1/runs/${id}`);
    const { total, done } = itemsOf(run);
    const { requests, served } = source.stats();
    const line = `  ${String(done).padStart(3)} of ${total} pages; the source was asked ${requests} times and failed ${requests - served} times`;
    if (total > 0 && line !== shown) say(line);
    shown = line;
    if (isEnough(run)) return run;
    await pause(2_000);
  }
}

function showBroken(run) {
  const task = taskOf(run, `page[${BROKEN}].fetch`);
  say();
  say(`  ${task.path} is ${task.status}: attempt ${task.attempt} is due at ${task.nextRetryAt ?? 'once'}`);
  say(`    error  ${task.error?.code}: ${task.error?.message}`);
  say(`    why    ${task.whyText}`);
  say();
}

async function explainKilling() {
  const { items } = await ask('/v1/executors');
  const pids = items.map(({ id }) => String(id).split('/')[1]);
  say('Now kill something, in another terminal; `npm run start:services` starts it again:');
  say(`  kill -9 ${pids.join(' ')}        # the executor: its pages go on when its lease (REPRISE_LEASE, 15 s) has ended`);
  say("  pkill -9 -f 'apps/scheduler/dist/main.js'        # the scheduler");
  say('Press Enter here to repair the source.');
  say();
}

async function enter() {
  const terminal = createInterface({ input: process.stdin });
  await new Promise((resolve) => terminal.once('line', resolve).once('close', resolve));
  terminal.close();
}

async function fix(source) {
  say(`$ curl -X POST ${source.url}/fix`);
  await fetch(`${source.url}/fix`, { method: 'POST' });
}

/** The checksum of the target's rows as they are now, made by Postgres; and how often each page was applied. */
async function inspect(database, id) {
  const target = await database.query(
    `select count(*)::int as rows, encode(sha256(convert_to(string_agg(
       concat_ws(E'\\t', id, name, country, feature, population, latitude, longitude), E'\\n' order by id), 'UTF8')), 'hex') as checksum
     from data_sync.city`,
  );
  const pages = await database.query(
    `select count(*)::int as pages, coalesce(max(times), 0) as most, coalesce(min(times), 0) as least
     from (select count(*)::int as times from data_sync.sync_page where run = $1 group by page) as page`,
    [id],
  );
  return { ...target.rows[0], ...pages.rows[0] };
}

/** Attempts that ended with their executor. */
async function lostAttempts(id) {
  let lost = 0;
  for (let cursor = ''; cursor !== null; ) {
    const { items, next } = await ask(`/v1/runs/${id}/tasks?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
    for (const { attempts } of items) lost += attempts.filter(({ status }) => status === 'lost').length;
    cursor = next;
  }
  return lost;
}

function report(run, target, source, seconds) {
  const { requests, served, pages, ...faults } = source.stats();
  const checksum = checksumOf(places);
  const isEqual = target.checksum === checksum && target.rows === places.length;
  const isOnce = target.most === 1 && target.least === 1 && target.pages === Object.keys(pages).length;
  say();
  say(`  run      ${run.status} after ${seconds.toFixed(1)} s`);
  say(`  source   ${count(places.length)} rows   sha256 ${checksum}`);
  say(`  target   ${count(target.rows)} rows   sha256 ${target.checksum}   ${isEqual ? 'equal' : 'DIFFERENT'}`);
  say(`  pages    ${target.pages}, ${isOnce ? 'each applied exactly once' : `applied ${target.least} to ${target.most} times`}`);
  say(
    `  source   asked ${requests} times: ${served} pages served, ${faults.error} × 500, ${faults.throttled} × 429, ${faults.reset} × reset,`,
  );
  say(
    `           ${faults.slow} × too slow, ${faults.short} × rows missing, ${faults.broken} × the broken page (asked ${pages[BROKEN]} times)`,
  );
  return run.status === 'succeeded' && isEqual && isOnce;
}

async function main({ byHand }) {
  const database = new pg.Client({ connectionString: databaseUrl() });
  await ask('/readyz');
  await database.connect();
  const source = await startSource({
    port: 0,
    latencyMs: byHand ? 500 : 40,
    broken: BROKEN,
  });
  try {
    say(`${count(places.length)} places at ${source.url}/pages, unreliably; page ${BROKEN} is broken`);
    say();
    await setUp(database);
    const startedAt = performance.now();
    const id = publish(source);
    if (byHand) await explainKilling();
    const repaired = byHand ? enter() : null;
    const stuck = await watch(id, source, (run) => itemsOf(run).total > 0 && itemsOf(run).done === itemsOf(run).total - 1);
    showBroken(stuck);
    await repaired;
    await fix(source);
    const run = await watch(id, source, ({ endedAt }) => endedAt !== null);
    const seconds = (performance.now() - startedAt) / 1_000;
    const isGood = report(run, await inspect(database, id), source, seconds);
    const lost = await lostAttempts(id);
    if (lost > 0) say(`  lost     ${lost} attempts with their executor; they were repeated`);
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await source.close();
    await database.end();
  }
}

const args = process.argv.slice(2);
if (args.some((arg) => arg !== '--kill')) say(USAGE);
else {
  await main({ byHand: args.includes('--kill') }).catch((error) => {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
