import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunId } from '@reprise/core';
import { pageOf, ShownRuns } from '../../test/shown-runs.js';
import { ALL_RUNS, StartStore, statement } from '../index.js';
import { filterValues } from './run-views-filter.js';

const runs = new ShownRuns();
const { start } = runs;
beforeAll(runs.begin);
afterAll(runs.end);

describe('lists of runs', () => {
  test('are newest first, filtered, and paged by cursor without gaps', async () => {
    const ids: RunId[] = [];
    for (let index = 0; index < 7; index += 1)
      ids.push(await start(0, { labels: { team: index % 2 === 0 ? 'red' : 'blue' }, key: `order-${index}` }));
    ids.reverse();
    const red = { ...ALL_RUNS, labels: { team: 'red' } };
    const first = await pageOf(runs.views.list(red, { cursor: null, limit: 3 }));
    expect(first.items.map((run) => run.id)).toEqual([ids[0], ids[2], ids[4]]);
    const second = await pageOf(runs.views.list(red, { cursor: first.next, limit: 3 }));
    expect([second.items.map((run) => run.id), second.next]).toEqual([[ids[6]], null]);
    await runs.db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [ids[3]]);
    const failed = await pageOf(runs.views.list({ ...ALL_RUNS, status: 'failed' }, { cursor: null, limit: 3 }));
    expect(failed.items.map((run) => run.id)).toEqual([ids[3]]);
    const since = Date.parse(first.items[2]?.createdAt ?? '');
    expect((await pageOf(runs.views.list({ ...red, sinceMs: since }, { cursor: null, limit: 9 }))).items).toHaveLength(3);
    expect((await pageOf(runs.views.list({ ...red, untilMs: since }, { cursor: null, limit: 9 }))).items).toHaveLength(1);
    expect((await pageOf(runs.views.list({ ...ALL_RUNS, workflow: 'other' }, { cursor: null, limit: 9 }))).items).toEqual([]);
  });

  test('are searched by the beginning of an id or key and by text in the workflow name', async () => {
    const id = await start(0, { key: 'invoice-77' });
    await new StartStore(runs.db.database).takeKeys([{ workflow: 'sync', key: 'invoice-77', fingerprint: 'f', run: id }], 60_000);
    const search = async (q: string) =>
      (await pageOf(runs.views.list({ ...ALL_RUNS, q }, { cursor: null, limit: 500 }))).items.map((run) => run.id);
    expect(await search('invoice-7')).toEqual([id]);
    expect(await search(id)).toEqual([id]);
    expect(await search(id.slice(0, 23).toUpperCase())).toEqual([id]);
    expect(await search('yn')).toContain(id);
    expect(await search('%')).toEqual([]);
    expect(await search("'; drop table reprise.run; --")).toEqual([]);
  });

  test('and everything about one run read a bounded part of an index, however many runs there are', async () => {
    await runs.db.query(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, labels, created_at, started_at, ended_at)
       select (substr(hex, 1, 8) || '-' || substr(hex, 9) || '-7000-8000-000000000000')::uuid, $1, 'sync', 'succeeded', 's', 'api', '{}', '{}',
         now(), now(), now()
       from generate_series(1, 5000) as n, lpad(to_hex($2::bigint + n), 12, '0') as hex`,
      [runs.version, runs.clockMs - 60_000],
    );
    await runs.db.query(
      `insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at)
       select id, 0, '', 'succeeded', 1, 2, now(), now() from reprise.run where status = 'succeeded'`,
    );
    await runs.db.query('analyze reprise.run');
    await runs.db.query('analyze reprise.task');
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
      ['list-runs', list({ sinceMs: runs.clockMs })],
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
    await runs.db.query(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at, ended_at)
       select ('01f00000-0000-7000-8000-' || lpad(g::text, 12, '0'))::uuid, gen_random_uuid(), 'sync.poll.stock', 'succeeded', 's',
         'probe', '{}', now(), now()
       from generate_series(1, 20000) as g`,
    );
    await runs.db.query('analyze reprise.run');
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
  const [row] = await runs.db.query<Record<string, unknown>>(`explain (analyze, format json) ${text}`, [...values]);
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
