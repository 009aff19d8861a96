import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import { requestTo, type Started } from './request-to.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

interface Span {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly place: number;
}
/** When runs of a workflow went on, in the order in which they came. */
const spans = (workflow: string) =>
  reprise.database.query<Span>(
    `select id, reprise.ms(started_at) as from, reprise.ms(ended_at) as to, row_number() over (order by started_at)::int as place
     from reprise.run where workflow = $1 and started_at is not null order by started_at`,
    [workflow],
  );
const mostAtOnce = (all: readonly Span[]): number =>
  Math.max(...all.map(({ from }) => all.filter((other) => other.from <= from && from < other.to).length));

test('fifty starts of one key through two triggers go on one after the other, in the order they came to each', async () => {
  await reprise.startOne('trigger').ready();
  await reprise.register({ workflow: 'counted', concurrency: { key: 'input.key' }, tasks: { work: { call: 'noop' } } });
  const [first, second] = reprise.all('trigger').map(({ url }) => url);
  const start = async (url: string | undefined, count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1)
      ids.push((await requestTo<Started>(url ?? '', 'POST', '/v1/workflows/counted/runs', { input: { key: 'k' } })).body.id);
    return ids;
  };
  const came = await Promise.all([start(first, 25), start(second, 25)]);
  await reprise.orTell(
    eventually(async () => (await spans('counted')).filter(({ to }) => to !== null).length === 50, {
      what: 'all fifty end',
    }),
  );
  const all = await spans('counted');
  expect(mostAtOnce(all)).toBe(1);
  const order = all.map(({ id }) => id);
  for (const ids of came) expect([...ids].sort((a, b) => order.indexOf(a) - order.indexOf(b))).toEqual(ids);
  expect(await reprise.database.query('select 1 from reprise.slot')).toEqual([]);
});

test('a queued run is shown as queued, waits as long as it must, and begins when another ends, however that ends', async () => {
  await reprise.register({
    workflow: 'held',
    concurrency: { limit: 1 },
    tasks: { work: { call: 'slow', with: { ms: '${{ input.ms }}' } } },
  });
  const first = await reprise.startRun('held', { ms: 60_000 });
  const answer = await reprise.request<Started>('POST', '/v1/workflows/held/runs', { input: { ms: 1 } });
  expect(answer.body).toMatchObject({ status: 'queued' });
  expect(await reprise.show(answer.body.id)).toMatchObject({ status: 'queued', startedAt: null });
  await reprise.request('POST', `/v1/runs/${first}/cancel`);
  expect((await reprise.ended(first)).status).toBe('cancelled');
  expect((await reprise.ended(answer.body.id)).status).toBe('succeeded');
});

test('skip ends at once what comes too many, and says so', async () => {
  await reprise.register({
    workflow: 'skips',
    concurrency: { overlap: 'skip' },
    tasks: { work: { call: 'slow', with: { ms: 60_000 } } },
  });
  const first = await reprise.startRun('skips');
  const answer = await reprise.request('POST', '/v1/workflows/skips/runs?wait=20s', { input: {} });
  expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled', error: { code: 'CONCURRENCY_SKIPPED' } } });
  await reprise.request('POST', `/v1/runs/${first}/cancel`);
  await reprise.ended(first);
});

test('cancelRunning stops what runs, and the newest goes on', async () => {
  await reprise.register({
    workflow: 'newest',
    concurrency: { overlap: 'cancelRunning' },
    tasks: { work: { call: 'slow', with: { ms: '${{ input.ms }}' } } },
  });
  const ids = [];
  for (const ms of [60_000, 60_000, 1]) ids.push(await reprise.startRun('newest', { ms }));
  const ended = await Promise.all(ids.map((id) => reprise.ended(id)));
  expect(ended.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'succeeded']);
  expect(ended[0]?.error?.message).toContain('takes its place');
  expect(mostAtOnce(await spans('newest'))).toBe(1);
});

test('a rate limit holds over runs and processes: no more than five attempts are handed out in any half second', async () => {
  await reprise.startOne('scheduler').ready();
  await reprise.register({
    workflow: 'limited',
    tasks: {
      all: { forEach: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], call: 'noop', rateLimit: { key: '"site"', max: 5, per: '500ms' } },
    },
  });
  const runs = await Promise.all([1, 2, 3].map(() => reprise.startRun('limited')));
  for (const run of runs) expect((await reprise.ended(run)).status).toBe('succeeded');
  const rows = await reprise.database.query<{ at: number }>(
    `select reprise.ms(queued_at) as at from reprise.task where run_id = any($1) and queued_at is not null order by 1`,
    [runs],
  );
  const starts = rows.map(({ at }) => at);
  expect(starts).toHaveLength(30);
  expect(Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 500).length))).toBe(5);
});

test('a handler that says so runs only so often at the same time, over all executors, and those that wait are told at once', async () => {
  await reprise.startOne('executor').ready();
  await reprise.register({
    workflow: 'bounded',
    tasks: { all: { forEach: '${{ input.items }}', call: 'limited', with: { ms: 100 } } },
  });
  const items = Array.from({ length: 15 }, (_, index) => index);
  const runs: string[] = [];
  const effects = () => reprise.recorder.effects.filter(({ run }) => runs.includes(run));
  // Which executor gets how many is chance: there are runs until both have had some.
  await reprise.orTell(
    eventually(
      async () => {
        const two = await Promise.all([1, 2].map(() => reprise.startRun('bounded', { items })));
        runs.push(...two);
        await Promise.all(two.map((run) => reprise.ended(run)));
        return new Set(effects().map(({ pid }) => pid)).size === 2;
      },
      { what: 'both executors to take part', timeoutMs: 200_000 },
    ),
  );
  for (const run of runs) expect(await reprise.show(run)).toMatchObject({ status: 'succeeded' });
  const ours = effects();
  let running = 0;
  let most = 0;
  for (const { phase } of ours) {
    running += phase === 'start' ? 1 : -1;
    most = Math.max(most, running);
  }
  expect(ours).toHaveLength(2 * items.length * runs.length);
  expect(most).toBe(3);
  // Told, not found by the clock: that would look once a minute.
  const waits = await reprise.database.query<{ holds: number }>(
    `select max((memory->>'holds')::int) as holds from reprise.task where run_id = any($1::uuid[])`,
    [runs],
  );
  expect(waits[0]?.holds).toBeLessThan(10);
  expect(await reprise.database.query('select 1 from reprise.place')).toEqual([]);
});

test('a run that is paused keeps no place of such a handler, nor its turn: others go on, and it stands in line again when it is resumed', async () => {
  await reprise.register({
    workflow: 'patient',
    tasks: { all: { forEach: '${{ input.items }}', call: 'limited', with: { ms: '${{ input.ms }}' } } },
  });
  const waits = (run: string) =>
    eventually(
      async () => {
        const rows = await reprise.database.query(
          `select 1 from reprise.task where run_id = $1 and status = 'retrying' and why->>'hold' = 'CONCURRENCY'`,
          [run],
        );
        return rows.length === 3;
      },
      { what: 'its attempts to stand in line' },
    );
  const first = await reprise.startRun('patient', { items: [1, 2, 3], ms: 600_000 });
  await eventually(() => reprise.recorder.of(first, 'start').length === 3, { what: 'all places to be taken' });
  const paused = await reprise.startRun('patient', { items: [1, 2, 3], ms: 10 });
  await waits(paused);
  expect((await reprise.request('POST', `/v1/runs/${paused}/pause`)).status).toBeLessThan(300);
  await eventually(async () => (await reprise.show(paused)).status === 'paused', { what: 'it to be paused' });
  // It has all places for as long as this takes, however long that is.
  await reprise.request('POST', `/v1/runs/${first}/cancel`);
  expect(await reprise.ended(first)).toMatchObject({ status: 'cancelled' });
  const other = await reprise.startRun('patient', { items: [1, 2, 3], ms: 10 });
  expect(await reprise.ended(other)).toMatchObject({ status: 'succeeded' });
  expect(reprise.recorder.of(paused, 'start')).toEqual([]);
  await reprise.request('POST', `/v1/runs/${paused}/resume`);
  expect(await reprise.ended(paused)).toMatchObject({ status: 'succeeded' });
  expect(await reprise.database.query('select 1 from reprise.place')).toEqual([]);
});
