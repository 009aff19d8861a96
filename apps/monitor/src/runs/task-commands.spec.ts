import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { StartStore, WorkflowStore } from '@reprise/ledger';
import { type RunningService, systemClock } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { monitorOn } from '../../test/monitor-on.js';
import { readResolution, readSettlement } from './read-resolution.js';

const parsed = parseDocument('workflow: ship\ntasks: { pack: { call: shop.pack }, send: { needs: [pack], call: shop.send } }');
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

let db: TestDatabase;
const broker = new TestBroker();
let monitor: RunningService;
let version: VersionId;

/** What the monitor takes to have gone by: far less than has, so that it waits for the slowest of schedulers, until a test makes it impatient. */
let passedMs = 0;
const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() / 30 + passedMs };

async function start(status = 'ready'): Promise<RunId> {
  const id = runId(systemClock.uuidv7());
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const moment = { now: Date.now(), units: [], limits };
  const { run, tasks, attempts } = startRun(workflow, { id, input: toJsonText({}), labels: {} }, moment);
  await new StartStore(db.database).insertRuns([{ run, version, workflow: 'ship', trigger: 'api', key: null, tasks, attempts }]);
  const parked = status === 'parked' ? 'now()' : 'null';
  const ended = ['failed', 'cancelled'].includes(status) ? 'now()' : 'null';
  const stamps = `due_at = now(), parked_at = ${parked}, ended_at = ${ended}`;
  await db.query(`update reprise.task set status = $2, ${stamps} where run_id = $1`, [id, status]);
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
  monitor = await monitorOn(db, broker, { clock });
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
    const asking = post(`${run}/tasks/pack/resolve`, { outcome: 'succeeded', output: { id: 7 }, reason: 'seen it' });
    let isAnswered = false;
    void asking.finally(() => {
      isAnswered = true;
    });
    await eventually(
      () => {
        passedMs += 1_000;
        return isAnswered;
      },
      { what: 'the patience to be over' },
    );
    expect(await asking).toEqual({ status: 202, json: { id: run, task: 'pack', status: 'parked', applied: false } });
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

describe('what is said of effects', () => {
  async function startWith(status: string, state: string): Promise<RunId> {
    const run = await start(status);
    await db.query(
      `insert into reprise.effect (run_id, node, at, name, state, key, policy, fence, attempt, claim)
       values ($1, 0, '', 'charge', $2, 'k', 'park', 1, 1, gen_random_uuid())`,
      [run, state],
    );
    return run;
  }
  const HAPPENED = { effects: [{ name: 'charge', happened: true, result: { id: 7 } }] };

  test('is asked of a task that has ended, whatever has become of its run', async () => {
    const run = await startWith('cancelled', 'in_doubt');
    await db.query(`update reprise.run set status = 'cancelled', ended_at = now() where id = $1`, [run]);
    const [answer, command] = await Promise.all([
      post(`${run}/tasks/pack/settle`, { ...HAPPENED, reason: 'seen it' }),
      carryOut(run, 'applied', `update reprise.effect set state = 'committed' where run_id = $1`),
    ]);
    expect(answer).toEqual({ status: 200, json: { id: run, task: 'pack', status: 'cancelled', applied: true } });
    const effects = [{ name: 'charge', happened: true, result: '{"id":7}' }];
    expect(command).toEqual({ kind: 'settle', node: 0, at: '', effects, reason: 'seen it' });
  });

  test('loses to what somebody else has said at the same time: 409', async () => {
    const run = await startWith('cancelled', 'in_doubt');
    const [answer] = await Promise.all([
      post(`${run}/tasks/pack/settle`, HAPPENED),
      carryOut(run, 'applied', `update reprise.effect set state = 'void' where run_id = $1`),
    ]);
    expect(answer).toMatchObject({
      status: 409,
      json: { code: 'wrong_state', detail: 'Somebody else has just said otherwise of charge.' },
    });
  });

  test('that the task has been taken up again for meanwhile is refused, though it has ended once more', async () => {
    const run = await startWith('failed', 'in_doubt');
    const [answer] = await Promise.all([post(`${run}/tasks/pack/settle`, HAPPENED), carryOut(run, 'stale')]);
    expect(answer).toMatchObject({ status: 409, json: { code: 'wrong_state', hint: 'look at it, and ask again' } });
  });

  test('does not fit a task that goes on', async () => {
    const run = await startWith('parked', 'in_doubt');
    expect(await post(`${run}/tasks/pack/settle`, HAPPENED)).toMatchObject({
      status: 409,
      json: { detail: 'The task is parked; this is for one that has ended.', hint: expect.stringContaining('resolve') },
    });
  });

  test.each([
    ['resolve', 'parked', { outcome: 'retry' }],
    ['settle', 'failed', {}],
  ])('is refused by %s where there is no such effect, or no doubt: 422', async (verb, status, body) => {
    const run = await startWith(status, 'in_doubt');
    const slip = { ...body, effects: [{ name: 'chrage', happened: true }] };
    expect(await post(`${run}/tasks/pack/${verb}`, slip)).toMatchObject({
      status: 422,
      json: { code: 'invalid_body', errors: [{ path: 'effects[0].name', message: 'the task has no effect "chrage"' }] },
    });
    const known = await startWith(status, 'committed');
    expect(await post(`${known}/tasks/pack/${verb}`, { ...body, ...HAPPENED })).toMatchObject({
      status: 422,
      json: { errors: [{ path: 'effects[0].name', message: 'is committed: that is no doubt' }] },
    });
    expect(await db.query('select 1 from reprise.command where run_id = any($1)', [[run, known]])).toEqual([]);
  });

  test.each<[unknown, readonly string[]]>([
    [undefined, ['effects']],
    [{ effects: [] }, ['effects']],
    [{ effects: 'charge', reason: 1, outcome: 'retry' }, ['outcome', 'effects', 'reason']],
    [{ effects: [{ name: 'charge' }] }, ['effects[0].happened']],
    [{ effects: [true, false].map((happened) => ({ name: 'charge', happened })) }, ['effects[1].name']],
  ])('%j is refused, each thing that is wrong by its name', (body, paths) => {
    expect(() => readSettlement(body)).toThrow(
      expect.objectContaining({ status: 422, errors: paths.map((path) => expect.objectContaining({ path })) }),
    );
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
