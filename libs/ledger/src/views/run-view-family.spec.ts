import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { RunViews } from './run-views.js';
import { ALL_RUNS } from './run-views-filter.js';

let db: TestDatabase;
let views: RunViews;

beforeAll(async () => {
  db = await TestDatabase.create();
  views = new RunViews(db.database);
});
afterAll(() => db.end());

const PAGE = { cursor: null, limit: 10 };

test('a run shows which task has started it, a task which run it waits for, and a list all that a run has started', async () => {
  const parent = await registerWorkflow(
    db.database,
    'workflow: parent\ntasks: { all: { forEach: [1, 2], workflow: child }, nap: { sleep: 1h } }',
  );
  const [started] = await startRuns(db.database, parent);
  const run = started!.run;
  expect((await views.find(run))?.tasks.map(({ path, kind, child }) => [path, kind, child])).toEqual([
    ['all', 'list', null],
    ['all[0]', 'child', { run: expect.any(String), workflow: 'child', status: null }],
    ['all[1]', 'child', { run: expect.any(String), workflow: 'child', status: null }],
    ['nap', 'sleep', null],
  ]);
  const [child] = await startRuns(
    db.database,
    await registerWorkflow(db.database, 'workflow: child\ntasks: { nap: { sleep: 1h } }'),
  );
  const origin = { parent: { run, version: parent.version, node: 0, at: '1', fence: 1 } };
  await db.query('update reprise.run set origin = $2, parent_id = $3 where id = $1', [child!.run, JSON.stringify(origin), run]);
  await db.query(
    `update reprise.task set progress = jsonb_set(progress::jsonb, '{run}', to_jsonb($2::text))::json where run_id = $1 and at = '1'`,
    [run, child!.run],
  );
  expect(await views.find(child!.run)).toMatchObject({ parent: run, parentTask: 'all[1]' });
  expect(await views.find(run)).toMatchObject({ parent: null, parentTask: null });
  expect(await views.task(run, 'all[1]')).toMatchObject({ child: { run: child!.run, workflow: 'child', status: 'running' } });
  const listed = await views.list({ ...ALL_RUNS, parent: run }, PAGE);
  expect(listed).toMatchObject({ kind: 'page', page: { items: [{ id: child!.run, parent: run }], next: null } });
  expect(await views.list({ ...ALL_RUNS, parent: child!.run }, PAGE)).toMatchObject({ page: { items: [] } });
});
