import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runId } from '@reprise/core';
import { pageOf, ShownRuns } from '../../test/shown-runs.js';
import { ALL_RUNS } from '../index.js';

const runs = new ShownRuns();
const { start } = runs;
beforeAll(runs.begin);
afterAll(runs.end);

test('probes of polls are listed for those who name them, by workflow or by id', async () => {
  const [run, probe] = [await start(0), await start(0)];
  await runs.db.query(`update reprise.run set trigger = 'probe', workflow = 'sync.poll.stock' where id = $1`, [probe]);
  const listed = async (filter: object) =>
    (await pageOf(runs.views.list({ ...ALL_RUNS, ...filter }, { cursor: null, limit: 500 }))).items.map(({ id }) => id);
  expect(await listed({})).toContain(run);
  expect(await listed({})).not.toContain(probe);
  expect(await listed({ status: 'running' })).not.toContain(probe);
  expect(await listed({ workflow: 'sync.poll.stock' })).toEqual([probe]);
  expect(await listed({ q: probe })).toEqual([probe]);
  expect(await runs.views.find(probe)).toMatchObject({ id: probe, trigger: 'probe' });
});

describe('a run', () => {
  test('tells every task in the order of the document, items in theirs, also those that have no row yet', async () => {
    const id = await start(11);
    const run = await runs.views.find(id);
    expect(run).toMatchObject({
      id,
      workflow: 'sync',
      version: '1.2.0',
      versionNumber: 1,
      status: 'running',
      output: null,
      tasksNext: null,
    });
    expect(run?.createdAt).toBe(new Date(runs.clockMs).toISOString());
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
    await runs.db.query(`update reprise.run set scope = overlay(scope placing 'k' from 2 for 1) where id = $1`, [id]);
    expect((await runs.views.task(id, 'never'))?.status).toBe('skipped');
  });

  test('is paged task by task without losing or repeating any, wherever a page ends', async () => {
    const id = await start(12);
    const all = (await runs.views.find(id))?.tasks.map((task) => task.path) ?? [];
    expect(all).toHaveLength(40);
    for (const limit of [1, 3, 7]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: readonly { path: string }[]; next: string | null } = await pageOf(
          runs.views.tasks(id, { cursor, limit }),
        );
        seen.push(...page.items.map((task) => task.path));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual(all);
    }
  });

  test('shows each attempt once: those that ended, and the one that waits, with why', async () => {
    const id = await start(0);
    const ms = runs.clockMs;
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
    await runs.db.query(
      `insert into reprise.attempt (run_id, node, at, fence, attempt, outcome, executor, queued_at, started_at, ended_at, error, why, verdict)
       values ($1, 0, '', 2, 1, 'failed', 'ex-1', reprise.at_ms($2::float8), reprise.at_ms($2::float8 + 3), reprise.at_ms($2::float8 + 8), '{"code":"http.503","message":"busy"}', null, $3)`,
      [id, ms, JSON.stringify(why)],
    );
    await runs.db.query(
      `update reprise.task set status = 'retrying', attempt = 2, fence = 3, due_at = reprise.at_ms($2::float8 + 2008), why = $3, error = '{"code":"http.503","message":"busy"}'
       where run_id = $1 and node = 0`,
      [id, ms, JSON.stringify(why)],
    );
    const plan = await runs.views.task(id, 'plan');
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
    expect((await pageOf(runs.views.attempts(id, 'plan', { cursor: null, limit: 50 }))).items).toEqual(plan?.attempts);
    const history = await pageOf(runs.views.history(id, { cursor: null, limit: 50 }));
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
      const page: { items: readonly unknown[]; next: string | null } = await pageOf(runs.views.history(id, { cursor, limit: 2 }));
      paged.push(...page.items);
      cursor = page.next;
    } while (cursor !== null);
    expect(paged).toEqual(history.items);
  });

  test('tells who asked for its end, when and why, always before it has ended, and who took it up again', async () => {
    const id = await start(0);
    const asked = `insert into reprise.command (id, run_id, kind, payload, asked_by, created_at, applied_at, result)
      values (gen_random_uuid(), $1, $2, $3, $4, reprise.at_ms($5::float8), reprise.at_ms($5::float8 + 500), $6)`;
    const ms = runs.clockMs;
    await runs.db.query(asked, [id, 'retry-run', '{}', 'bob', ms + 1_000, 'applied']);
    await runs.db.query(asked, [id, 'cancel', '{"reason":"too late"}', 'eve', ms + 1_900, 'stale']);
    await runs.db.query(asked, [id, 'cancel', '{"reason":"a mistake"}', 'ann', ms + 2_000, 'applied']);
    const facts = async () => {
      const { items } = await pageOf(runs.views.history(id, { cursor: null, limit: 50 }));
      return items.filter(({ task }) => task === null).map(({ at, kind, by, detail }) => [Date.parse(at) - ms, kind, by, detail]);
    };
    const told = [
      [0, 'run.started', null, null],
      [1_500, 'run.retried', 'bob', null],
      [2_000, 'run.cancel-asked', 'ann', { reason: 'a mistake' }],
    ];
    expect(await facts()).toEqual(told);
    // The clock of whoever ended it may be behind that of the database.
    await runs.db.query(
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
    await runs.db.query(claimed, [id, 2, '{"fence":2,"at":1700000000000,"progress":{"done":3}}']);
    const said = async () => (await runs.views.task(id, 'plan'))?.attempts.map(({ heartbeat }) => heartbeat);
    expect(await said()).toEqual([{ at: '2023-11-14T22:13:20.000Z', progress: { done: 3 } }]);
    expect((await pageOf(runs.views.attempts(id, 'plan', { cursor: null, limit: 5 }))).items[0]?.heartbeat?.progress).toEqual({
      done: 3,
    });
    await runs.db.query(claimed, [id, 4, '{"fence":2,"at":1700000000000,"progress":{"done":3}}']);
    expect(await said()).toEqual([null]);
    await runs.db.query(
      `update reprise.task set status = 'succeeded', claim = null, lease_until = null, ended_at = now(), fence = 2 where run_id = $1 and node = 0`,
      [id],
    );
    expect(await said()).toEqual([null]);
  });

  test('that does not exist, or a path its workflow does not have, is answered as such', async () => {
    const id = await start(1);
    const nobody = runId('00000000-0000-7000-8000-000000000000');
    expect(await runs.views.find(nobody)).toBeNull();
    expect(await runs.views.tasks(nobody, { cursor: null, limit: 5 })).toEqual({ kind: 'not-found' });
    expect(await runs.views.task(id, 'nope')).toBeNull();
    expect(await runs.views.task(id, 'page[99]')).toBeNull();
    expect(await runs.views.attempts(id, 'page[0].nope', { cursor: null, limit: 5 })).toEqual({ kind: 'not-found' });
    expect(await runs.views.tasks(id, { cursor: 'rubbish!', limit: 5 })).toEqual({ kind: 'bad-cursor' });
    expect(await runs.views.list(ALL_RUNS, { cursor: Buffer.from('r|1; drop').toString('base64url'), limit: 5 })).toEqual({
      kind: 'bad-cursor',
    });
  });

  test('keeps large outputs out of lists and gives them whole for the one task', async () => {
    const id = await start(0);
    const large = Array.from({ length: 4_000 }, () => Math.random());
    await runs.db.query(
      `update reprise.task set status = 'succeeded', ended_at = now(), output = $2 where run_id = $1 and node = 0`,
      [id, JSON.stringify(large)],
    );
    expect((await runs.views.find(id))?.tasks[0]).toMatchObject({ outputTruncated: true, output: null });
    expect(await runs.views.task(id, 'plan')).toMatchObject({ outputTruncated: false, output: large, input: {} });
  });
});
