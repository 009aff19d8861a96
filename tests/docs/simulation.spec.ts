import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from '@jest/globals';
import { startMonitor } from '@reprise/monitor';
import { createServiceContext, Metrics, readSettings, silentLogger } from '@reprise/service';
import { RecordedHistory, registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { blocksOf, pages, ROOT } from './pages.js';
import { IN_FORCE, recordedOrders } from './recorded-orders.js';

const page = pages().find(({ path }) => path === 'docs/simulate-retry.md');
const blocks = page === undefined ? [] : blocksOf(page);
/** What is shown by its first line. */
const shown = (start: string): string => blocks.find(({ text }) => text.startsWith(start))?.text ?? '';

const database = await TestDatabase.create();
const broker = new TestBroker();
const settings = readSettings(
  {
    DATABASE_URL: database.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_QUEUE_TYPE: 'classic',
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
  },
  'monitor',
);
const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
const monitor = await startMonitor(createServiceContext('monitor', settings, { logger: silentLogger, metrics }), {
  supervised: false,
});
const folder = mkdtempSync(`${tmpdir()}/reprise-simulation-`);
afterAll(async () => {
  await monitor.close();
  await broker.end();
  await database.end();
  rmSync(folder, { recursive: true });
});

const { version } = await registerWorkflow(database.database, shown('workflow: orders'));
await new RecordedHistory(database.database, 'orders', version).write(recordedOrders());

async function reprise(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { REPRISE_URL: monitor.url, PATH: process.env['PATH'] };
  const child = spawn(process.execPath, [`${ROOT}/apps/cli/bin/reprise.js`, ...args], { cwd: folder, env });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = await once(child, 'close');
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

test('the workflow that is shown has the policy that the recording was made under', async () => {
  const { body } = await ask({ policy: {} });
  expect(body).toMatchObject({ deviating: 0, callsSaved: 0, givenUp: [] });
  expect(body.after).toEqual(body.before);
  const other = await ask({ policy: { ...IN_FORCE_DOCUMENT, maximumAttempts: 7 } });
  expect(other.body.after.unknown).toBe(31);
  // What the page says of the advice.
  const advised = await ask({ policy: { nonRetryable: ['CARD_DECLINED'] } });
  expect(advised.body).toMatchObject({ callsSaved: 130, givenUp: [], advice: [] });
});

test('the command that is shown prints what is shown', async () => {
  writeFileSync(`${folder}/calmer.yaml`, shown('maximumAttempts:'));
  const command = shown('reprise simulate retry --workflow orders').trim().split(/\s+/).slice(1);
  expect(await reprise(command)).toEqual({ code: 0, out: shown('Workflow:'), err: '' });
});

test('a policy that is wrong is refused with its place in the file', async () => {
  writeFileSync(`${folder}/wrong.yaml`, 'retry:\n  maximumAttempts: -1\n');
  const { code, err } = await reprise(['simulate', 'retry', '--workflow', 'orders', '--policy', 'wrong.yaml']);
  expect([code, err]).toEqual([
    2,
    'wrong.yaml:2:20: retry.maximumAttempts: maximumAttempts must be a whole number, 0 or more, not -1 (1 = never retry, 0 = no limit)\n',
  ]);
});

const IN_FORCE_DOCUMENT = { maximumAttempts: IN_FORCE.maximumAttempts, maximumInterval: '1m' };

async function ask(fields: object) {
  const response = await fetch(`${monitor.url}/v1/simulations/retry`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'orders', since: '2026-01-01', ...fields }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at by the expectations that follow.
  return { status: response.status, body: (await response.json()) as any };
}

test('what is asked wrongly is told at once, and what is not there too', async () => {
  const wrong = await ask({ workflow: 1, since: 'yesterday', polices: {}, policy: { jitters: 'none' } });
  expect(wrong).toMatchObject({ status: 422, body: { code: 'invalid_simulation' } });
  expect(wrong.body.errors).toEqual([
    { path: 'polices', message: 'is no field of it; did you mean "policy"?' },
    { path: 'workflow', message: expect.stringContaining('must be text') },
    { path: 'since', message: expect.stringContaining('a duration like 7d') },
    { path: 'policy.jitters', message: 'unknown field `jitters`', hint: 'did you mean `jitter`?' },
  ]);
  expect(await ask({ workflow: null })).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'workflow' }, { path: 'policy' }] },
  });
  expect((await ask({ policy: 'jitter: {' })).body.errors).toMatchObject([{ path: 'policy', line: 1 }]);
  expect(await ask({ policy: {}, workflow: 'order' })).toMatchObject({ status: 404, body: { code: 'workflow_not_found' } });
  expect(await ask({ policy: {}, version: '9' })).toMatchObject({ status: 404, body: { code: 'workflow_not_found' } });
  const lost = await ask({ policy: {}, task: 'chrage' });
  expect(lost).toMatchObject({ status: 422, body: { code: 'unknown_task', detail: expect.stringContaining('"charge"') } });
  expect(await ask({ policy: {}, task: 'charge', version: '1', since: '1s' })).toMatchObject({ status: 200, body: { tasks: 0 } });
});
