// `npm run bench [-- --runs 4000]`: chains of five no-op tasks and idle latency, everything on this machine, durability on,
// beside a hand-written chain in the same session.
import { deleteTopology } from '@reprise/broker';
import { topologyOf } from '@reprise/contracts';
import { laneKeys } from '@reprise/core';
import amqp from 'amqplib';
import pg from 'pg';
import { naiveChains } from './naive.mjs';
import { cpuSeconds, startService } from './processes.mjs';

const option = (name, fallback) => Number(process.argv[process.argv.indexOf(`--${name}`) + 1] || fallback);
const RUNS = process.argv.includes('--runs') ? option('runs', 4000) : 4000;
const LATENCY_SAMPLES = 300;
const serverUrl = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const amqpUrl = process.env.AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';
const name = `reprise_bench_${process.pid}`;
const databaseUrl = serverUrl.replace(/\/[^/]*$/, `/${name}`);
const admin = new pg.Client(serverUrl);
await admin.connect();
await admin.query(`create database ${name}`);
const env = {
  DATABASE_URL: databaseUrl,
  AMQP_URL: amqpUrl,
  REPRISE_PREFIX: name.replaceAll('_', '-'),
  REPRISE_CONCURRENCY: '200',
  REPRISE_WHEEL_LEVELS: '2',
  REPRISE_LOG_LEVEL: 'info',
};
const services = [];
let cleaning;
// What a bench makes must go, also when it is broken off or piped into a reader that has had enough (`| head -1`).
const cleanUp = () => (cleaning ??= removeEverything());
process.stdout.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
try {
  const trigger = await startService('apps/trigger/dist/main.js', env);
  services.push(trigger);
  const scheduler = await startService('apps/scheduler/dist/main.js', env);
  services.push(scheduler);
  const executor = await startService('bench/executor.mjs', env);
  services.push(executor);
  await post(trigger, '/v1/workflows', chain('bench.noop'), 'application/yaml');
  await post(
    trigger,
    '/v1/workflows',
    'workflow: stamp\ntasks:\n  stamp: { call: bench.stamp }\noutput: "${{ tasks.stamp.output.startedAt }}"\n',
    'application/yaml',
  );

  await chains(trigger, 200);
  const before = await Promise.all(services.map(({ pid }) => cpuSeconds(pid)));
  const rate = await chains(trigger, RUNS);
  const after = await Promise.all(services.map(({ pid }) => cpuSeconds(pid)));
  const naive = await naiveChains({ databaseUrl, amqpUrl, runs: RUNS });
  const cpu = ['trigger', 'scheduler', 'executor'].map(
    (who, index) => `${who} ${(((after[index] - before[index]) * 1e6) / (RUNS * 5)).toFixed(0)}`,
  );
  console.log(
    `chains of 5 no-op tasks: ${rate.toFixed(0)} tasks/s (${RUNS} runs); by hand (a row and a message a step): ${naive.toFixed(0)} tasks/s; ratio ${(rate / naive).toFixed(2)}`,
  );
  console.log(`CPU µs per task: ${cpu.join(', ')}`);
  const handler = await latencies(trigger, 'stamp', (run, sent) => run.output - sent);
  console.log(`idle, trigger → handler start: p50 ${handler.p50.toFixed(1)} ms, p99 ${handler.p99.toFixed(1)} ms`);
  const whole = await latencies(trigger, 'chain', (run, sent) => run.endedAt - sent);
  console.log(`idle, chain of 5, start → end: p50 ${whole.p50.toFixed(1)} ms, p99 ${whole.p99.toFixed(1)} ms`);
} finally {
  await cleanUp();
}

async function removeEverything() {
  await Promise.all(services.map((service) => service.stop()));
  await deleteBrokerNames();
  const role = await ledgerRole();
  await admin.query(`drop database if exists ${name} with (force)`);
  if (role !== undefined) await admin.query(`drop role if exists "${role}"`);
  await admin.end();
}

/** The login that migrating made for this ledger: roles belong to the cluster and outlive their database. */
async function ledgerRole() {
  const ledger = new pg.Client(databaseUrl);
  await ledger.connect();
  const { rows } = await ledger
    .query(`select value->>'user' as role from reprise.setting where name = 'sql_role'`)
    .catch(() => ({ rows: [] }));
  await ledger.end();
  return rows[0]?.role;
}

async function deleteBrokerNames() {
  const connection = await amqp.connect(amqpUrl);
  await deleteTopology(
    connection,
    topologyOf({ prefix: env.REPRISE_PREFIX, queueType: 'quorum', wheelLevels: 2, taskQueues: laneKeys('default') }),
  );
  await connection.close();
}

function chain(call) {
  const steps = [1, 2, 3, 4, 5].map((step) => `  - { id: s${step}, call: ${call}, with: { step: ${step} } }`);
  return `workflow: chain\ntasks:\n${steps.join('\n')}\n`;
}

async function post({ url }, path, body, type = 'application/json') {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Starts `runs` chains in bulk (durable before answered) and resolves with tasks per second, from the first request to the last end. */
async function chains(trigger, runs) {
  const ledger = new pg.Client(databaseUrl);
  await ledger.connect();
  const started = performance.now();
  for (let from = 0; from < runs; from += 1_000) {
    await Promise.all(
      [0, 250, 500, 750].map((offset) => {
        const count = Math.max(0, Math.min(250, runs - from - offset));
        return count === 0
          ? null
          : post(
              trigger,
              '/v1/workflows/chain/runs:batch',
              Array.from({ length: count }, (_, n) => ({ input: { n } })),
            );
      }),
    );
  }
  for (;;) {
    const { rows } = await ledger.query(`select 1 from reprise.run where ended_at is null limit 1`);
    if (rows.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  const seconds = (performance.now() - started) / 1_000;
  await ledger.end();
  return (runs * 5) / seconds;
}

/** One run at a time on an idle system. */
async function latencies(trigger, workflow, measure) {
  const ledger = new pg.Client(databaseUrl);
  await ledger.connect();
  const all = [];
  for (let sample = 0; sample < LATENCY_SAMPLES; sample += 1) {
    const sent = Date.now();
    const run = await post(trigger, `/v1/workflows/${workflow}/runs?wait=10s`, { input: {} });
    const { rows } = await ledger.query(`select extract(epoch from ended_at) * 1000 as ended from reprise.run where id = $1`, [
      run.id,
    ]);
    all.push(measure({ ...run, endedAt: Number(rows[0].ended) }, sent));
  }
  await ledger.end();
  all.sort((a, b) => a - b);
  return { p50: all[Math.floor(all.length / 2)], p99: all[Math.floor(all.length * 0.99)] };
}
