import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, requestTo } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end(), 60_000);

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
      ids.push((await requestTo(url ?? '', 'POST', '/v1/workflows/counted/runs', { input: { key: 'k' } })).body.id);
    return ids;
  };
  const came = await Promise.all([start(first, 25), start(second, 25)]);
  await reprise.orTell(
    eventually(async () => (await spans('counted')).filter(({ to }) => to !== null).length === 50, {
      what: 'all fifty end',
      timeoutMs: 60_000,
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
  const answer = await reprise.request('POST', '/v1/workflows/held/runs', { input: { ms: 1 } });
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
  const ended = await Promise.all(ids.map((id) => reprise.ended(id, 30_000)));
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
  for (const run of runs) expect((await reprise.ended(run, 60_000)).status).toBe('succeeded');
  const rows = await reprise.database.query<{ at: number }>(
    `select reprise.ms(queued_at) as at from reprise.task where run_id = any($1) and queued_at is not null order by 1`,
    [runs],
  );
  const starts = rows.map(({ at }) => at);
  expect(starts).toHaveLength(30);
  expect(Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 500).length))).toBe(5);
});
