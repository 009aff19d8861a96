import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { KeyView, Page } from '@reprise/contracts';
import { type Json, parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { uuidv7Source } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import {
  ALL_RUNS,
  EventViews,
  Gauges,
  nameCursor,
  RepeatStore,
  RunViews,
  StartStore,
  statement,
  WorkflowStore,
} from '../index.js';
import { filterValues } from './run-views-filter.js';

const DOCUMENT = `
workflow: sync
version: "1.2.0"
tasks:
  plan: { call: sync.plan }
  never: { needs: [plan], if: "false", call: sync.never }
  page:
    forEach: { in: "\${{ input.pages }}", parallel: 12 }
    tasks:
      fetch: { call: sync.fetch, with: { page: "\${{ each.value }}" } }
      apply: { needs: [fetch], call: sync.apply }
  report: { needs: [page], call: sync.report }
`;

const parsed = parseDocument(DOCUMENT);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;
const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };

let db: TestDatabase;
let views: RunViews;
let version: VersionId;
let clockMs = Date.now() - 1_000_000;
const uuid = uuidv7Source(
  () => clockMs,
  (bytes) => void crypto.getRandomValues(bytes),
);

async function start(pages: number, more: { labels?: Record<string, string>; key?: string } = {}): Promise<RunId> {
  clockMs += 10;
  const id = runId(uuid());
  const input = toJsonText({ pages: Array.from({ length: pages }, (_, index) => index) } as Json);
  const { run, tasks, attempts } = startRun(
    workflow,
    { id, input, labels: more.labels ?? {} },
    { now: clockMs, units: [], limits },
  );
  await new StartStore(db.database).insertRuns([
    { run, version, workflow: 'sync', trigger: 'api', key: more.key ?? null, tasks, attempts },
  ]);
  return id;
}

async function pageOf<Item>(asked: Promise<{ kind: string; page?: { items: readonly Item[]; next: string | null } }>) {
  const answer = await asked;
  if (answer.page === undefined) throw new Error(answer.kind);
  return answer.page;
}

beforeAll(async () => {
  db = await TestDatabase.create();
  views = new RunViews(db.database);
  version = versionId(uuid());
  await new WorkflowStore(db.database).register(version, 'sync', '1.2.0', document);
});
afterAll(() => db.end());

test('probes of polls are listed for those who name them, by workflow or by id', async () => {
  const [run, probe] = [await start(0), await start(0)];
  await db.query(`update reprise.run set trigger = 'probe', workflow = 'sync.poll.stock' where id = $1`, [probe]);
  const listed = async (filter: object) =>
    (await pageOf(views.list({ ...ALL_RUNS, ...filter }, { cursor: null, limit: 500 }))).items.map(({ id }) => id);
  expect(await listed({})).toContain(run);
  expect(await listed({})).not.toContain(probe);
  expect(await listed({ status: 'running' })).not.toContain(probe);
  expect(await listed({ workflow: 'sync.poll.stock' })).toEqual([probe]);
  expect(await listed({ q: probe })).toEqual([probe]);
  expect(await views.find(probe)).toMatchObject({ id: probe, trigger: 'probe' });
});

describe('a run', () => {
  test('tells every task in the order of the document, items in theirs, also those that have no row yet', async () => {
    const id = await start(11);
    const run = await views.find(id);
    expect(run).toMatchObject({
      id,
      workflow: 'sync',
      version: '1.2.0',
      versionNumber: 1,
      status: 'running',
      output: null,
      tasksNext: null,
    });
    expect(run?.createdAt).toBe(new Date(clockMs).toISOString());
    const items = Array.from({ length: 11 }, (_, index) => [`page[${index}]`, `page[${index}].fetch`, `page[${index}].apply`]);
    expect(run?.tasks.map((task) => task.path)).toEqual(['plan', 'never', 'page', ...items.flat(), 'report']);
    const byPath = new Map(run?.tasks.map((task) => [task.path, task]));
    expect(byPath.get('plan')).toMatchObject({
      status: 'ready',
      kind: 'call',
      call: 'sync.plan',
      attempt: 1,
      queue: 'default',
      whyText: 'the first attempt',
    });
    expect(byPath.get('plan')?.attempts).toMatchObject([{ number: 1, status: 'queued' }]);
    expect(byPath.get('never')).toMatchObject({ status: 'pending', createdAt: null, attempts: [] });
    expect(byPath.get('page')).toMatchObject({
      status: 'running',
      kind: 'list',
      items: { total: 11, started: 11, done: 0, failed: 0 },
    });
    expect(byPath.get('page[10]')).toMatchObject({ status: 'running', kind: 'group' });
    expect(byPath.get('page[10].apply')).toMatchObject({ status: 'pending', call: 'sync.apply' });
    await db.query(`update reprise.run set scope = overlay(scope placing 'k' from 2 for 1) where id = $1`, [id]);
    expect((await views.task(id, 'never'))?.status).toBe('skipped');
  });

  test('is paged task by task without losing or repeating any, wherever a page ends', async () => {
    const id = await start(12);
    const all = (await views.find(id))?.tasks.map((task) => task.path) ?? [];
    expect(all).toHaveLength(40);
    for (const limit of [1, 3, 7]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: readonly { path: string }[]; next: string | null } = await pageOf(
          views.tasks(id, { cursor, limit }),
        );
        seen.push(...page.items.map((task) => task.path));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual(all);
    }
  });

  test('shows each attempt once: those that ended, and the one that waits, with why', async () => {
    const id = await start(0);
    const ms = clockMs;
    const why = {
      reason: 'failure',
      attempt: 1,
      code: 'http.503',
      rule: null,
      count: 1,
      limit: 3,
      elapsedMs: 5,
      holds: 0,
      action: 'retry',
      spent: null,
      wait: { from: 'retryAfter', askedMs: 2000, delayMs: 2000 },
    };
    await db.query(
      `insert into reprise.attempt (run_id, node, at, fence, attempt, outcome, executor, queued_at, started_at, ended_at, error, why, verdict)
       values ($1, 0, '', 2, 1, 'failed', 'ex-1', reprise.at_ms($2::float8), reprise.at_ms($2::float8 + 3), reprise.at_ms($2::float8 + 8), '{"code":"http.503","message":"busy"}', null, $3)`,
      [id, ms, JSON.stringify(why)],
    );
    await db.query(
      `update reprise.task set status = 'retrying', attempt = 2, fence = 3, due_at = reprise.at_ms($2::float8 + 2008), why = $3, error = '{"code":"http.503","message":"busy"}'
       where run_id = $1 and node = 0`,
      [id, ms, JSON.stringify(why)],
    );
    const plan = await views.task(id, 'plan');
    expect(plan).toMatchObject({
      status: 'retrying',
      nextRetryAt: new Date(ms + 2008).toISOString(),
      error: { code: 'http.503' },
    });
    expect(plan?.whyText).toContain('attempt 2 waits 2s');
    expect(plan?.attempts).toMatchObject([
      {
        number: 1,
        status: 'failed',
        executor: 'ex-1',
        startedAt: new Date(ms + 3).toISOString(),
        verdictText: expect.stringContaining('waits 2s'),
      },
      { number: 2, status: 'retrying', startedAt: null, nextRetryAt: new Date(ms + 2008).toISOString() },
    ]);
    expect((await pageOf(views.attempts(id, 'plan', { cursor: null, limit: 50 }))).items).toEqual(plan?.attempts);
    const history = await pageOf(views.history(id, { cursor: null, limit: 50 }));
    expect(history.items.map(({ kind, task, attempt }) => [kind, task, attempt])).toEqual([
      ['run.started', null, null],
      ['task.started', 'page', null],
      ['task.succeeded', 'page', null],
      ['attempt.queued', 'plan', 1],
      ['attempt.queued', 'report', 1],
      ['attempt.started', 'plan', 1],
      ['attempt.failed', 'plan', 1],
    ]);
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: readonly unknown[]; next: string | null } = await pageOf(views.history(id, { cursor, limit: 2 }));
      paged.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(paged).toEqual(history.items);
  });

  test('tells who asked for its end, when and why, always before it has ended, and who took it up again', async () => {
    const id = await start(0);
    const asked = `insert into reprise.command (id, run_id, kind, payload, asked_by, created_at, applied_at, result)
      values (gen_random_uuid(), $1, $2, $3, $4, reprise.at_ms($5::float8), reprise.at_ms($5::float8 + 500), $6)`;
    const ms = clockMs;
    await db.query(asked, [id, 'retry-run', '{}', 'bob', ms + 1_000, 'applied']);
    await db.query(asked, [id, 'cancel', '{"reason":"too late"}', 'eve', ms + 1_900, 'stale']);
    await db.query(asked, [id, 'cancel', '{"reason":"a mistake"}', 'ann', ms + 2_000, 'applied']);
    const facts = async () => {
      const { items } = await pageOf(views.history(id, { cursor: null, limit: 50 }));
      return items.filter(({ task }) => task === null).map(({ at, kind, by, detail }) => [Date.parse(at) - ms, kind, by, detail]);
    };
    const told = [
      [0, 'run.started', null, null],
      [1_500, 'run.retried', 'bob', null],
      [2_000, 'run.cancel-asked', 'ann', { reason: 'a mistake' }],
    ];
    expect(await facts()).toEqual(told);
    // The clock of whoever ended it may be behind that of the database.
    await db.query(
      `update reprise.run set status = 'cancelled', ended_at = reprise.at_ms($2::float8), watch_at = null,
         error = '{"code":"CANCELLED","message":"cancelled: a mistake","details":{"by":"ann","reason":"a mistake"}}' where id = $1`,
      [id, ms + 1_999],
    );
    expect(await facts()).toEqual([
      ...told.slice(0, 2),
      [1_999, 'run.cancel-asked', 'ann', { reason: 'a mistake' }],
      [1_999, 'run.cancelled', 'ann', null],
    ]);
  });

  test('shows what the running attempt has said of itself, and nothing of an older one', async () => {
    const id = await start(1);
    const claimed = `update reprise.task set status = 'running', claim = gen_random_uuid(), lease_until = now(), executor = 'ex', fence = $2, heartbeat = $3 where run_id = $1 and node = 0`;
    await db.query(claimed, [id, 2, '{"fence":2,"at":1700000000000,"progress":{"done":3}}']);
    const said = async () => (await views.task(id, 'plan'))?.attempts.map(({ heartbeat }) => heartbeat);
    expect(await said()).toEqual([{ at: '2023-11-14T22:13:20.000Z', progress: { done: 3 } }]);
    expect((await pageOf(views.attempts(id, 'plan', { cursor: null, limit: 5 }))).items[0]?.heartbeat?.progress).toEqual({
      done: 3,
    });
    await db.query(claimed, [id, 4, '{"fence":2,"at":1700000000000,"progress":{"done":3}}']);
    expect(await said()).toEqual([null]);
    await db.query(
      `update reprise.task set status = 'succeeded', claim = null, lease_until = null, ended_at = now(), fence = 2 where run_id = $1 and node = 0`,
      [id],
    );
    expect(await said()).toEqual([null]);
  });

  test('that does not exist, or a path its workflow does not have, is answered as such', async () => {
    const id = await start(1);
    const nobody = runId('00000000-0000-7000-8000-000000000000');
    expect(await views.find(nobody)).toBeNull();
    expect(await views.tasks(nobody, { cursor: null, limit: 5 })).toEqual({ kind: 'not-found' });
    expect(await views.task(id, 'nope')).toBeNull();
    expect(await views.task(id, 'page[99]')).toBeNull();
    expect(await views.attempts(id, 'page[0].nope', { cursor: null, limit: 5 })).toEqual({ kind: 'not-found' });
    expect(await views.tasks(id, { cursor: 'rubbish!', limit: 5 })).toEqual({ kind: 'bad-cursor' });
    expect(await views.list(ALL_RUNS, { cursor: Buffer.from('r|1; drop').toString('base64url'), limit: 5 })).toEqual({
      kind: 'bad-cursor',
    });
  });

  test('keeps large outputs out of lists and gives them whole for the one task', async () => {
    const id = await start(0);
    const large = Array.from({ length: 4_000 }, () => Math.random());
    await db.query(`update reprise.task set status = 'succeeded', ended_at = now(), output = $2 where run_id = $1 and node = 0`, [
      id,
      JSON.stringify(large),
    ]);
    expect((await views.find(id))?.tasks[0]).toMatchObject({ outputTruncated: true, output: null });
    expect(await views.task(id, 'plan')).toMatchObject({ outputTruncated: false, output: large, input: {} });
  });
});

describe('lists of runs', () => {
  test('are newest first, filtered, and paged by cursor without gaps', async () => {
    const ids: RunId[] = [];
    for (let index = 0; index < 7; index += 1)
      ids.push(await start(0, { labels: { team: index % 2 === 0 ? 'red' : 'blue' }, key: `order-${index}` }));
    ids.reverse();
    const red = { ...ALL_RUNS, labels: { team: 'red' } };
    const first = await pageOf(views.list(red, { cursor: null, limit: 3 }));
    expect(first.items.map((run) => run.id)).toEqual([ids[0], ids[2], ids[4]]);
    const second = await pageOf(views.list(red, { cursor: first.next, limit: 3 }));
    expect([second.items.map((run) => run.id), second.next]).toEqual([[ids[6]], null]);
    await db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [ids[3]]);
    const failed = await pageOf(views.list({ ...ALL_RUNS, status: 'failed' }, { cursor: null, limit: 3 }));
    expect(failed.items.map((run) => run.id)).toEqual([ids[3]]);
    const since = Date.parse(first.items[2]?.createdAt ?? '');
    expect((await pageOf(views.list({ ...red, sinceMs: since }, { cursor: null, limit: 9 }))).items).toHaveLength(3);
    expect((await pageOf(views.list({ ...red, untilMs: since }, { cursor: null, limit: 9 }))).items).toHaveLength(1);
    expect((await pageOf(views.list({ ...ALL_RUNS, workflow: 'other' }, { cursor: null, limit: 9 }))).items).toEqual([]);
  });

  test('are searched by the beginning of an id or key and by text in the workflow name', async () => {
    const id = await start(0, { key: 'invoice-77' });
    await new StartStore(db.database).takeKeys([{ workflow: 'sync', key: 'invoice-77', fingerprint: 'f', run: id }], 60_000);
    const search = async (q: string) =>
      (await pageOf(views.list({ ...ALL_RUNS, q }, { cursor: null, limit: 500 }))).items.map((run) => run.id);
    expect(await search('invoice-7')).toEqual([id]);
    expect(await search(id)).toEqual([id]);
    expect(await search(id.slice(0, 23).toUpperCase())).toEqual([id]);
    expect(await search('yn')).toContain(id);
    expect(await search('%')).toEqual([]);
    expect(await search("'; drop table reprise.run; --")).toEqual([]);
  });

  test('and everything about one run read a bounded part of an index, however many runs there are', async () => {
    await db.query(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, labels, created_at, started_at, ended_at)
       select (substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7000-8000-000000000000')::uuid, $1, 'sync', 'succeeded', 's', 'api', '{}', '{}',
         now(), now(), now()
       from generate_series(1, 5000) as n, lpad(to_hex($2::bigint + n), 12, '0') as hex`,
      [version, clockMs - 60_000],
    );
    await db.query(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at)
       select id, 0, '', 'succeeded', 1, 2, now(), now() from reprise.run where status = 'succeeded'`,
    );
    await db.query('analyze reprise.run');
    await db.query('analyze reprise.task');
    const id = await start(3, { labels: { rare: 'yes' } });
    const list = (filter: Partial<typeof ALL_RUNS>) => [
      50,
      ...filterValues({ ...ALL_RUNS, ...filter }, { below: null, from: null }, null),
    ];
    const plans: readonly (readonly [string, readonly unknown[]])[] = [
      ['list-runs', list({})],
      ['list-runs', list({ workflow: 'sync' })],
      ['list-runs', list({ status: 'running' })],
      ['list-runs', list({ labels: { rare: 'yes' } })],
      ['list-runs', list({ sinceMs: clockMs })],
      ['find-run', [id]],
      ['view-parent-run', [id, 0, '', 1]],
      ['view-tasks', [id, [0, 2], ['', ''], 1_000, false]],
      ['view-attempts', [id, [0, 2], ['', ''], 20]],
      ['list-history', [id, -1, 0, 0, '', 0, 50]],
      ['count-open-runs', []],
      ['count-parked-tasks', [100, 10]],
      ['ready-queues', [100]],
    ];
    for (const [name, values] of plans) {
      const rows = await rowsRead(name, values);
      expect(rows < 300 ? 'bounded' : `${name} reads ${rows} rows`).toBe('bounded');
    }
  });

  test('do not walk through the probes of polls, however many lie between two runs', async () => {
    await db.query(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at, ended_at)
       select ('01f00000-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid, gen_random_uuid(), 'sync.poll.stock', 'succeeded', 's',
         'probe', '{}', now(), now()
       from generate_series(1, 20000) as g`,
    );
    await db.query('analyze reprise.run');
    const list = (filter: Partial<typeof ALL_RUNS>) => [
      50,
      ...filterValues({ ...ALL_RUNS, ...filter }, { below: null, from: null }, null),
    ];
    for (const filter of [{}, { workflow: 'sync.poll.stock' }, { status: 'running' as const }])
      expect([filter, (await rowsRead('list-runs', list(filter))) < 300]).toEqual([filter, true]);
  });
});

/** Rows that a statement takes from tables and indexes, those thrown away by filters included. */
async function rowsRead(name: string, values: readonly unknown[]): Promise<number> {
  const { text } = statement(name);
  const [row] = await db.query<Record<string, unknown>>(`explain (analyze, format json) ${text}`, [...values]);
  const explained = row?.['QUERY PLAN'];
  const [{ Plan }] = (typeof explained === 'string' ? JSON.parse(explained) : explained) as [{ Plan: PlanNode }];
  return countRows(Plan);
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function countRows(node: PlanNode): number {
  const fromTable = /^(Seq|Index|Index Only|Bitmap Heap|Tid) Scan$/.test(node['Node Type']);
  const own = fromTable ? (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'] : 0;
  return own + (node.Plans ?? []).reduce((sum, each) => sum + countRows(each), 0);
}

test('a key tells its owners page by page, those of calls that no document names any more included', async () => {
  const names = ['bank.pay', 'old.call', 'shop/odd|name', 'x'];
  await db.query(
    `insert into reprise.idempotency (scope, name, key, fingerprint, run_id, state, expires_at)
     select scope, name, 'k-1', 'f', gen_random_uuid(), 'succeeded', now() + interval '1 day' from unnest($1::text[]) as name, unnest('{call,run}'::text[]) as scope`,
    [names],
  );
  const events = new EventViews(db.database);
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
  const store = new StartStore(db.database);
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
  const events = new EventViews(db.database);
  const all = await pageOf(events.list({ type: null, outcome: null }, { cursor: null, limit: 2 }));
  expect(all.items.map((each) => each.id)).toEqual(['3', '2']);
  const rest = await pageOf(events.list({ type: null, outcome: null }, { cursor: all.next, limit: 2 }));
  expect(rest).toMatchObject({ items: [{ id: '1', outcome: 'accepted', results: [] }], next: null });
  expect(
    (await pageOf(events.list({ type: 'order.placed', outcome: 'unmatched' }, { cursor: null, limit: 9 }))).items,
  ).toHaveLength(1);
  const again = { ...event, id: '1', count: 1 } as const;
  const repeat = (outcome: 'duplicate' | 'conflict') =>
    db.database.transaction((session) => new RepeatStore(session).record([{ ...again, outcome, reason: `a ${outcome}` }]));
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
  const gauges = new Gauges(db.database);
  expect((await gauges.openRuns()).find((row) => row.status === 'running')?.runs).toBeGreaterThan(0);
  expect(await gauges.parkedTasks()).toEqual([]);
  expect((await gauges.waitingQueues()).map((row) => row.queue)).toEqual(['default']);
});
