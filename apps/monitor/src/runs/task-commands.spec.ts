import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { StartStore, WorkflowStore } from '@reprise/ledger';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger, systemClock } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { startMonitor } from '../monitor.module.js';
import { readResolution } from './read-resolution.js';

const parsed = parseDocument('workflow: ship\ntasks: { pack: { call: shop.pack }, send: { needs: [pack], call: shop.send } }');
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

let db: TestDatabase;
const broker = new TestBroker();
let monitor: RunningService;
let version: VersionId;

async function start(status = 'ready'): Promise<RunId> {
  const id = runId(systemClock.uuidv7());
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const moment = { now: Date.now(), units: [], limits };
  const { run, tasks, attempts } = startRun(workflow, { id, input: toJsonText({}), labels: {} }, moment);
  await new StartStore(db.database).insertRuns([{ run, version, workflow: 'ship', trigger: 'api', key: null, tasks, attempts }]);
  const parked = status === 'parked' ? 'now()' : 'null';
  await db.query(`update reprise.task set status = $2, due_at = now(), parked_at = ${parked} where run_id = $1`, [id, status]);
  return id;
}

async function post(path: string, body?: unknown) {
  const answer = await fetch(`${monitor.url}/v1/runs/${path}`, {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: answer.status, json: await answer.json() };
}

/** What a scheduler would write. */
async function carryOut(run: RunId, result: string, also = ''): Promise<Record<string, unknown>> {
  const row = await eventually(
    async () =>
      (
        await db.query<{ id: string; kind: string; payload: Record<string, unknown> }>(
          'select id, kind, payload from reprise.command where run_id = $1 and applied_at is null',
          [run],
        )
      )[0] ?? false,
    { what: 'a command' },
  );
  if (also !== '') await db.query(also, [run]);
  await db.query('update reprise.command set applied_at = now(), result = $2 where id = $1', [row.id, result]);
  return { kind: row.kind, ...row.payload };
}

beforeAll(async () => {
  db = await TestDatabase.create();
  version = versionId(systemClock.uuidv7());
  await new WorkflowStore(db.database).register(version, 'ship', null, document);
  const settings = readSettings(
    {
      DATABASE_URL: db.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_QUEUE_TYPE: 'classic',
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: '0',
      REPRISE_DATABASE_POOL: '4',
    },
    'monitor',
  );
  const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
  const context = createServiceContext('monitor', settings, { logger: silentLogger, metrics });
  monitor = await startMonitor(context, { supervised: false });
});
afterAll(async () => {
  await monitor.close();
  await broker.end();
  await db.end();
});

describe('a verb over HTTP', () => {
  test('is answered 200 once it is carried out, with what the task is then', async () => {
    const run = await start('retrying');
    const [answer, command] = await Promise.all([
      post(`${run}/tasks/pack/retry-now`),
      carryOut(run, 'applied', `update reprise.task set status = 'ready' where run_id = $1`),
    ]);
    expect(answer).toEqual({ status: 200, json: { id: run, task: 'pack', status: 'ready', applied: true } });
    expect(command).toEqual({ kind: 'retry-now', node: 0, at: '' });
  });

  test('is kept, and answered 202, while no scheduler comes to it', async () => {
    const run = await start('parked');
    const answer = await post(`${run}/tasks/pack/resolve`, { outcome: 'succeeded', output: { id: 7 }, reason: 'seen it' });
    expect(answer).toEqual({ status: 202, json: { id: run, task: 'pack', status: 'parked', applied: false } });
    expect(await carryOut(run, 'applied')).toEqual({
      kind: 'resolve',
      node: 0,
      at: '',
      outcome: 'succeeded',
      output: '{"id":7}',
      reason: 'seen it',
    });
  });

  test('that does not fit any more when it is carried out is answered 409 with what is there now', async () => {
    const run = await start('parked');
    const [answer] = await Promise.all([
      post(`${run}/tasks/pack/resolve`, { outcome: 'retry' }),
      carryOut(run, 'stale', `update reprise.task set status = 'ready', parked_at = null where run_id = $1`),
    ]);
    expect(answer).toMatchObject({
      status: 409,
      json: { code: 'wrong_state', detail: 'The task is ready; this is for one that is parked.', hint: expect.any(String) },
    });
    const large = await start('parked');
    const [refused] = await Promise.all([
      post(`${large}/tasks/pack/resolve`, { outcome: 'succeeded', output: 1 }),
      carryOut(large, 'stale'),
    ]);
    expect(refused).toMatchObject({ status: 422, json: { code: 'output_too_large' } });
  });

  test('that does not fit is not even kept: 409 with the state and what to do, 404 for what is not there', async () => {
    const run = await start();
    expect(await post(`${run}/tasks/pack/retry-now`)).toMatchObject({
      status: 409,
      json: { detail: 'The task is ready; this is for one that is retrying.', hint: expect.stringContaining('executor') },
    });
    expect((await post(`${run}/tasks/nope/retry-now`)).status).toBe(404);
    expect((await post(`${run}/tasks/send/retry-now`)).status).toBe(404);
    await db.query(`update reprise.run set status = 'paused' where id = $1`, [run]);
    expect(await post(`${run}/tasks/pack/retry-now`)).toMatchObject({ status: 409, json: { hint: 'resume it first' } });
    expect(await post(`${run}/pause`)).toMatchObject({ status: 409, json: { detail: 'The run is paused.' } });
    const [resumed] = await Promise.all([
      post(`${run}/resume`),
      carryOut(run, 'applied', `update reprise.run set status = 'running' where id = $1`),
    ]);
    expect(resumed).toEqual({ status: 200, json: { id: run, status: 'running', applied: true } });
    expect(await db.query('select 1 from reprise.command where run_id = $1', [run])).toHaveLength(1);
  });
});

describe('a resolution', () => {
  test.each<[unknown, unknown]>([
    [{ outcome: 'failed' }, { outcome: 'failed', output: null, reason: null }],
    [
      { outcome: 'succeeded', output: null },
      { outcome: 'succeeded', output: 'null', reason: null },
    ],
    [
      { outcome: 'retry', reason: 'a\0b' },
      { outcome: 'retry', output: null, reason: 'a\uFFFDb' },
    ],
  ])('%j is read', (body, resolution) => {
    expect(readResolution(body)).toEqual(resolution);
  });

  test.each<[unknown, readonly string[]]>([
    [undefined, ['outcome']],
    [[], ['outcome']],
    [{ outcome: 'maybe', why: 1 }, ['why', 'outcome']],
    [{ outcome: 'retry', output: 1, reason: 7 }, ['output', 'reason']],
    [{ outcome: 'failed', reason: 'x'.repeat(1_001) }, ['reason']],
  ])('%j is refused, each thing that is wrong by its name', (body, paths) => {
    expect(() => readResolution(body)).toThrow(
      expect.objectContaining({ status: 422, errors: paths.map((path) => expect.objectContaining({ path })) }),
    );
  });
});
