import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { insertFinishedRuns, TestDatabase } from '@reprise/testing';
import { ALL_RUNS, ensurePartitions, type RunFilter, RunViews } from '../index.js';

const RUNS = 6_000;
const DAYS = 20;
const DAY_MS = 86_400_000;
let db: TestDatabase;

beforeAll(async () => {
  db = await TestDatabase.create();
  for (let ago = DAYS + 7; ago > 0; ago -= 7) await ensurePartitions(db.database, systemClock.now() - ago * DAY_MS);
  await db.database.source.transaction((manager) =>
    insertFinishedRuns((text, values) => manager.query(text, values), { runs: RUNS, days: DAYS }),
  );
  // The oldest run of all, by a clock that was far off: it lies beside all weeks.
  await db.query(`update reprise.run set id = '00000000-0001-7000-8000-000000000001', labels = labels || '{"first": "yes"}'
    where id = (select id from reprise.run order by id limit 1)`);
  await db.query('analyze');
});
afterAll(() => db.end());

async function pagesOf(filter: RunFilter, limit: number): Promise<readonly string[]> {
  const ids: string[] = [];
  const views = new RunViews(db.database);
  for (let cursor: string | null = null; ; ) {
    const answer = await views.list(filter, { cursor, limit });
    if (answer.kind !== 'page') throw new Error(answer.kind);
    expect(answer.page.items.length === limit || answer.page.next === null).toBe(true);
    ids.push(...answer.page.items.map(({ id }) => id));
    if (answer.page.next === null) return ids;
    cursor = answer.page.next;
  }
}

const ago = (days: number) => systemClock.now() - days * DAY_MS;

test.each<[string, Partial<RunFilter>, string]>([
  ['that many have', { labels: { region: 'r1' } }, `labels->>'region' = 'r1'`],
  ['that one has', { labels: { customer: 'c77' } }, `labels->>'customer' = 'c77'`],
  ['that only the oldest has', { labels: { first: 'yes' } }, `labels ? 'first'`],
  ['that nobody has', { labels: { customer: 'nobody' } }, 'false'],
  ['of failed runs', { labels: { region: 'r0' }, status: 'failed' }, `labels->>'region' = 'r0' and status = 'failed'`],
  ['that no failed run has', { labels: { region: 'r3' }, status: 'failed' }, 'false'],
  ['of a workflow', { labels: { region: 'r3' }, workflow: 'flow-3' }, `labels->>'region' = 'r3' and workflow = 'flow-3'`],
  [
    'of some days',
    { labels: { region: 'r2' }, sinceMs: ago(9), untilMs: ago(3) },
    `labels->>'region' = 'r2' and created_at >= now() - interval '9 days' and created_at < now() - interval '3 days'`,
  ],
])('runs by a label %s come page after page, all of them, newest first', async (_name, filter, where) => {
  const rows = await db.query<{ id: string }>(`select id from reprise.run where ${where} order by id desc`);
  const found = await pagesOf({ ...ALL_RUNS, ...filter }, 50);
  // The bounds of some days are read by two clocks: the runs at the edges may be on either side.
  const isAlike = filter.sinceMs === undefined ? 0 : 2;
  expect(Math.abs(found.length - rows.length)).toBeLessThanOrEqual(isAlike);
  if (isAlike === 0) expect(found).toEqual(rows.map(({ id }) => id));
  else expect(found).toEqual([...found].sort().reverse());
});
