import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { KeyView, Page } from '@reprise/contracts';
import { toJsonText } from '@reprise/core';
import { pageOf, ShownRuns } from '../../test/shown-runs.js';
import { EventViews, Gauges, nameCursor, RepeatStore, StartStore } from '../index.js';

const runs = new ShownRuns();
const { start } = runs;
beforeAll(runs.begin);
afterAll(runs.end);

test('a key tells its owners page by page, those of calls that no document names any more included', async () => {
  const names = ['bank.pay', 'old.call', 'shop/odd|name', 'x'];
  await runs.db.query(
    `insert into reprise.idempotency (scope, name, key, fingerprint, run_id, state, expires_at)
     select scope, name, 'k-1', 'f', gen_random_uuid(), 'succeeded', now() + interval '1 day' from unnest($1::text[]) as name, unnest('{call,run}'::text[]) as scope`,
    [names],
  );
  const events = new EventViews(runs.db.database);
  const seen: string[] = [];
  for (let cursor: string | null = null, left = 9; left > 0; left -= 1) {
    const page: Page<KeyView> = await pageOf(events.keys('k-1', { cursor, limit: 3 }));
    expect(page.items.length).toBeLessThanOrEqual(3);
    seen.push(...page.items.map(({ scope, name }) => `${scope} ${name}`));
    cursor = page.next;
    if (cursor === null) break;
  }
  expect(seen).toEqual(['call', 'run'].flatMap((scope) => names.map((name) => `${scope} ${name}`)));
  expect(await events.keys('k-1', { cursor: nameCursor('neither/x'), limit: 3 })).toEqual({ kind: 'bad-cursor' });
  expect(await events.keys('k-1', { cursor: 'x', limit: 3 })).toEqual({ kind: 'bad-cursor' });
});

test('events are listed newest first by type and outcome, and keys tell their owner', async () => {
  const id = await start(1, { key: 'invoice-77' });
  const key = { workflow: 'sync', key: 'invoice-77', fingerprint: 'f', run: id };
  await new StartStore(runs.db.database).takeKeys([key], 60_000);
  const store = new StartStore(runs.db.database);
  const event = {
    source: 'shop',
    type: 'order.placed',
    subject: null,
    fingerprint: 'f',
    outcome: 'accepted',
    results: toJsonText([]),
  } as const;
  await store.insertEvents([
    { ...event, id: '1' },
    { ...event, id: '2', outcome: 'unmatched' },
    { ...event, id: '3', type: 'order.paid' },
  ]);
  const events = new EventViews(runs.db.database);
  const all = await pageOf(events.list({ type: null, outcome: null }, { cursor: null, limit: 2 }));
  expect(all.items.map((each) => each.id)).toEqual(['3', '2']);
  const rest = await pageOf(events.list({ type: null, outcome: null }, { cursor: all.next, limit: 2 }));
  expect(rest).toMatchObject({ items: [{ id: '1', outcome: 'accepted', results: [] }], next: null });
  expect(
    (await pageOf(events.list({ type: 'order.placed', outcome: 'unmatched' }, { cursor: null, limit: 9 }))).items,
  ).toHaveLength(1);
  const again = { ...event, id: '1', count: 1 } as const;
  const repeat = (outcome: 'duplicate' | 'conflict') =>
    runs.db.database.transaction((session) => new RepeatStore(session).record([{ ...again, outcome, reason: `a ${outcome}` }]));
  for (const outcome of ['duplicate', 'conflict', 'duplicate'] as const) await repeat(outcome);
  const listed = (outcome: 'duplicate' | 'conflict' | null, cursor: string | null = null, limit = 4) =>
    pageOf(events.list({ type: null, outcome }, { cursor, limit }));
  const [{ items }, duplicates] = [await listed(null), await listed('duplicate')];
  expect(items.map(({ id, outcome, count }) => [id, outcome, count])).toEqual([
    ['1', 'conflict', 1],
    ['1', 'duplicate', 2],
    ['3', 'accepted', 1],
    ['2', 'unmatched', 1],
  ]);
  expect(duplicates.items).toEqual([items[1]]);
  expect(items[0]).toMatchObject({
    results: [{ workflow: '*', kind: 'conflict', reason: 'a conflict', fingerprint: 'f' }],
    woken: 0,
  });
  const walked = [];
  for (let next: string | null | undefined; next !== null; ) {
    const one = await listed(null, next ?? null, 1);
    walked.push(...one.items.map(({ id, outcome }) => `${id} ${outcome}`));
    next = one.next;
  }
  expect(walked).toEqual(['1 conflict', '1 duplicate', '3 accepted', '2 unmatched', '1 accepted']);
  const owners = (key: string) => pageOf(events.keys(key, { cursor: null, limit: 9 }));
  expect(await owners('invoice-77')).toMatchObject({ items: [{ scope: 'run', name: 'sync', state: 'succeeded' }], next: null });
  expect((await owners('nobody')).items).toEqual([]);
  const gauges = new Gauges(runs.db.database);
  expect((await gauges.openRuns()).find((row) => row.status === 'running')?.runs).toBeGreaterThan(0);
  expect(await gauges.parkedTasks()).toEqual([]);
  expect((await gauges.waitingQueues()).map((row) => row.queue)).toEqual(['default']);
});
