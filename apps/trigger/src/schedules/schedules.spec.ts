import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from '../trigger.module.js';

const broker = new TestBroker();
let db: TestDatabase;
let trigger: RunningService;

beforeAll(async () => {
  db = await TestDatabase.create();
  const environment = {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
    REPRISE_DATABASE_POOL: '4',
  };
  const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  trigger = await startTrigger(
    createServiceContext('trigger', readSettings(environment, 'trigger'), { logger: silentLogger, metrics }),
  );
});
afterAll(async () => {
  expect((await trigger.close()).clean).toBe(true);
  await broker.end(['default']);
  await db.end();
});

async function ask(method: 'GET' | 'POST', path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${trigger.url}/v1/${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: what a server answers is looked at by the expectations that follow.
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as any };
}
const apply = (document: string) => ask('POST', 'workflows', document, { 'content-type': 'application/yaml' });
const NIGHTLY = 'id: nightly, cron: "30 2 * * *", timezone: Europe/Berlin, jitter: 1m, start: 2026-01-01T00:00:00Z';
const report = (fields = NIGHTLY): string =>
  `workflow: report\non: [{ schedule: { ${fields} } }, { schedule: { id: hourly, every: 1h } }]\ntasks: { a: { call: shop.pay } }`;

describe('a schedule over HTTP', () => {
  test('is listed with what it says and when it comes, and found by both ways to write its name', async () => {
    expect((await apply(report())).status).toBe(201);
    const { body } = await ask('GET', 'schedules?workflow=report');
    expect(body.next).toBeNull();
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(['report/hourly', 'report/nightly']);
    const nightly = body.items[1];
    expect(nightly).toMatchObject({
      workflow: 'report',
      schedule: 'nightly',
      version: null,
      versionNumber: 1,
      cron: '30 2 * * *',
      every: null,
      at: null,
      timezone: 'Europe/Berlin',
      jitter: '1m',
      start: '2026-01-01T00:00:00.000Z',
      catchUp: 'last',
      overlap: 'skip',
      dst: { gap: 'shift', repeat: 'first' },
      previous: null,
      paused: null,
      waiting: [],
      openRuns: 0,
      missed: 0,
      skipped: 0,
      last: [],
    });
    expect(nightly.nextLocal).toMatch(/T0[23]:[03]0:00\+0[12]:00$/);
    for (const name of ['report/nightly', 'report%2Fnightly']) {
      const one = await ask('GET', `schedules/${name}`);
      expect([one.status, one.body.id]).toEqual([200, 'report/nightly']);
    }
  });

  test('is listed page by page', async () => {
    const first = await ask('GET', 'schedules?limit=1');
    expect(first.body.items).toHaveLength(1);
    const second = await ask('GET', `schedules?limit=1&cursor=${first.body.next}`);
    expect([first.body.items[0].id, second.body.items[0].id, second.body.next]).toEqual([
      'report/hourly',
      'report/nightly',
      null,
    ]);
    expect(await ask('GET', 'schedules?cursor=nonsense')).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
    const unsaid = await ask('GET', 'schedules?workflow=&limit=&cursor=');
    expect(unsaid).toMatchObject({ status: 200, body: { items: [{ id: 'report/hourly' }, { id: 'report/nightly' }] } });
    expect(await ask('GET', 'schedules?limits=')).toMatchObject({ status: 400, body: { code: 'invalid_query' } });
    expect(await ask('GET', 'schedules?limit=0&wrokflow=a')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'limit' }, { path: 'wrokflow', message: 'unknown field "wrokflow", did you mean "workflow"?' }] },
    });
  });

  test('tells its next instants, across the change of the clocks', async () => {
    const { body } = await ask('GET', 'schedules/report/nightly/preview?count=3&from=2026-03-28T00:00:00Z');
    expect(body.items.map(({ time, local }: { time: string; local: string }) => [time, local])).toEqual([
      ['2026-03-28T01:30:00Z', '2026-03-28T02:30:00+01:00'],
      ['2026-03-29T01:00:00Z', '2026-03-29T03:00:00+02:00'],
      ['2026-03-30T00:30:00Z', '2026-03-30T02:30:00+02:00'],
    ]);
    for (const { time, firesAt } of body.items) {
      expect(Date.parse(firesAt) - Date.parse(time)).toBeGreaterThanOrEqual(0);
      expect(Date.parse(firesAt) - Date.parse(time)).toBeLessThanOrEqual(60_000);
    }
    expect((await ask('GET', 'schedules/report/nightly/preview?count=1001')).status).toBe(400);
  });

  test('that is not registered can be previewed, or refused as a document would be', async () => {
    const good = await ask('POST', 'schedules/preview?count=2&from=2026-01-01T00:00:00Z', { cron: '0 0 29 2 *' });
    expect(good).toMatchObject({
      status: 200,
      body: { items: [{ time: '2028-02-29T00:00:00Z' }, { time: '2032-02-29T00:00:00Z' }] },
    });
    const bad = await ask('POST', 'schedules/preview', { cron: '31 2 *', timezone: 'Berlin' });
    expect(bad).toMatchObject({
      status: 422,
      body: {
        code: 'invalid_schedule',
        errors: [
          { path: 'cron', message: '"31 2 *" has 3 fields' },
          { path: 'timezone', hint: 'did you mean `Europe/Berlin`?' },
        ],
      },
    });
    expect(await ask('POST', 'schedules/preview', ['x'])).toMatchObject({ status: 422, body: { code: 'invalid_schedule' } });
  });

  test('does not fire while it is paused, and goes on with an instant to come', async () => {
    await apply('workflow: ticking\non: [{ schedule: { id: tick, every: 1s, overlap: allow } }]\ntasks: { a: { transform: 1 } }');
    const runs = async () => (await db.query(`select id from reprise.run where workflow = 'ticking'`)).length;
    await eventually(async () => (await runs()) > 0, { what: 'a first run' });
    const paused = await ask('POST', 'schedules/ticking/tick/pause', { reason: 'maintenance' });
    expect(paused).toMatchObject({
      status: 200,
      body: { paused: { reason: 'maintenance', by: 'local' } },
    });
    // More than one, where more than a second has gone by.
    expect(new Set(paused.body.last.map(({ outcome }: { outcome: string }) => outcome))).toEqual(new Set(['accepted']));
    expect(await ask('POST', 'schedules/ticking/tick/pause')).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
    const before = await runs();
    await db.query(
      `update reprise.schedule set due_at = now() - interval '1 hour', next_instant = now() - interval '1 hour' where id = 'tick'`,
    );
    // Another schedule that is due proves that the loop has looked since.
    await apply('workflow: proof\non: [{ schedule: { id: s, every: 1s } }]\ntasks: { a: { transform: 1 } }');
    await eventually(async () => (await db.query(`select id from reprise.run where workflow = 'proof'`)).length > 0, {
      what: 'proof',
    });
    expect(await runs()).toBe(before);
    const resumed = await ask('POST', 'schedules/ticking%2Ftick/resume');
    expect(resumed).toMatchObject({ status: 200, body: { paused: null, missed: paused.body.missed } });
    expect(await ask('POST', 'schedules/ticking/tick/resume')).toMatchObject({ status: 409 });
    await eventually(async () => (await runs()) > before, { what: 'a run after it was resumed' });
    for (const workflow of ['ticking', 'proof']) await apply(`workflow: ${workflow}\ntasks: { a: { transform: 1 } }`);
  });

  test('fires now on demand, once for a key', async () => {
    const fire = (key: string) => ask('POST', 'schedules/report/nightly/trigger', undefined, { 'idempotency-key': key });
    const first = await fire('k1');
    expect(first).toMatchObject({ status: 202, body: { outcome: 'accepted' } });
    expect(first.headers.get('location')).toBe(`/v1/runs/${first.body.id}`);
    expect(await fire('k1')).toMatchObject({ status: 200, body: { outcome: 'duplicate', id: first.body.id } });
    expect(await ask('POST', 'schedules/report/nightly/trigger')).toMatchObject({ status: 202 });
    expect((await fire('ä')).status).toBe(422);
    const [run] = await db.query(`select trigger, origin ->> 'startedBy' as by from reprise.run where id = $1`, [first.body.id]);
    expect(run).toEqual({ trigger: 'schedule', by: 'local' });
    expect((await ask('GET', 'schedules/report/nightly')).body).toMatchObject({ openRuns: 2, previous: null });
    await db.query(`update reprise.run set status = 'cancelled', ended_at = now() where id = $1`, [first.body.id]);
    const second = await fire('k2');
    const [kept] = await db.query(`select open_runs from reprise.schedule where workflow = 'report' and id = 'nightly'`);
    expect(kept?.open_runs).toHaveLength(2);
    expect(kept?.open_runs).toContain(second.body.id);
    expect(kept?.open_runs).not.toContain(first.body.id);
    await apply(report(`${NIGHTLY}, if: "false"`));
    expect(await ask('POST', 'schedules/report/nightly/trigger')).toMatchObject({
      status: 422,
      body: { code: 'no_run', detail: 'if: false is false' },
    });
  });

  test('makes up for the past', async () => {
    await apply('workflow: daily\non: [{ schedule: { id: s, cron: "0 0 * * *" } }]\ntasks: { a: { call: shop.pay } }');
    const order = { from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z', parallel: 2 };
    expect(await ask('POST', 'schedules/daily/s/backfill', { ...order, dryRun: true })).toMatchObject({
      status: 200,
      body: { total: 5 },
    });
    const asked = await ask('POST', 'schedules/daily/s/backfill', { ...order, rate: '100/s' });
    expect(asked).toMatchObject({ status: 202, body: { total: 5, parallel: 2, interval: '10ms', state: 'running' } });
    const path = `schedules/daily/s/backfills/${asked.body.id}`;
    await eventually(async () => (await ask('GET', path)).body.started === 2, { what: 'two runs' });
    expect((await ask('GET', 'schedules/daily%2Fs/backfills')).body.items).toMatchObject([{ id: asked.body.id }]);
    const next = await ask('POST', 'schedules/daily/s/backfill', { ...order, to: order.from });
    const newest = await ask('GET', 'schedules/daily/s/backfills?limit=1');
    expect(newest.body).toMatchObject({ items: [{ id: next.body.id }], next: expect.any(String) });
    const older = await ask('GET', `schedules/daily/s/backfills?limit=1&cursor=${newest.body.next}`);
    expect(older.body).toMatchObject({ items: [{ id: asked.body.id }], next: null });
    for (const query of ['limit=501', 'cursor=x', 'limits=1'])
      expect([query, (await ask('GET', `schedules/daily/s/backfills?${query}`)).status]).toEqual([query, 400]);
    expect(await ask('POST', `${path}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    expect(await ask('POST', `${path}/cancel`)).toMatchObject({ status: 409, body: { code: 'wrong_state' } });
  });

  test('says everything that is wrong with a request', async () => {
    expect(
      await ask('POST', 'schedules/daily/s/backfill', { from: 'soon', parallel: 0, rate: '10', rerun: 1, form: 1 }),
    ).toMatchObject({
      status: 422,
      body: {
        code: 'invalid_body',
        errors: ['from', 'parallel', 'rate', 'rerun', 'from', 'to', 'form'].map((path) => ({ path })),
      },
    });
    expect(
      await ask('POST', 'schedules/daily/s/backfill', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }),
    ).toMatchObject({ status: 422, body: { errors: [{ path: 'to', message: 'is before from' }] } });
    expect(await ask('POST', 'schedules/daily/s/pause', ['x'])).toMatchObject({ status: 422, body: { code: 'invalid_body' } });
    expect(await ask('POST', 'schedules/daily/s/resume', { when: 1 })).toMatchObject({ status: 422 });
  });

  test.each([
    ['GET', 'schedules/report', 'schedule_not_found'],
    ['GET', 'schedules/report/weekly', 'schedule_not_found'],
    ['GET', 'schedules/report/weekly/preview', 'schedule_not_found'],
    ['GET', 'schedules/report/weekly/backfills', 'schedule_not_found'],
    ['POST', 'schedules/report/weekly/pause', 'schedule_not_found'],
    ['POST', 'schedules/report/weekly/resume', 'schedule_not_found'],
    ['POST', 'schedules/report/weekly/trigger', 'schedule_not_found'],
    ['GET', 'schedules/report/nightly/backfills/x', 'backfill_not_found'],
    ['GET', 'schedules/report/nightly/backfills/018f0000-0000-7000-8000-000000000000', 'backfill_not_found'],
    ['GET', 'schedules/report/nightly/stop', 'not_found'],
    ['POST', 'schedules/report/nightly/stop', 'not_found'],
    ['POST', 'schedules/report/nightly/pause/now', 'not_found'],
    ['POST', 'schedules/report/nightly', 'not_found'],
  ] as const)('%s %s: 404 %s', async (method, path, code) => {
    expect(await ask(method, path)).toMatchObject({ status: 404, body: { code } });
  });

  test('a path that cannot be decoded is refused', async () => {
    expect(await ask('GET', 'schedules/%E0%A4%A/x')).toMatchObject({ status: 400 });
  });
});
