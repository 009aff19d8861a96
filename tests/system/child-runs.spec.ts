import { afterAll, expect, test } from '@jest/globals';
import type { Page, RunSummary } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation, requestTo } from './installation.js';

const reprise = await Installation.running({ env: { REPRISE_MAX_TREE_RUNS: '60' } });
afterAll(() => reprise.end());

const childrenOf = async (run: string): Promise<readonly RunSummary[]> =>
  (await reprise.request<Page<RunSummary>>('GET', `/v1/runs?parent=${run}&limit=100`)).body.items;
const document = (text: object) =>
  requestTo<{ readonly warnings: readonly object[] }>(reprise.one('trigger').url, 'POST', '/v1/workflows', text);

test('a pipeline of pipelines: items start runs, those start runs, outputs come back up', async () => {
  const early = await document({ workflow: 'batch', tasks: { pages: { workflow: 'page' } } });
  expect(early.body.warnings).toMatchObject([
    { path: 'tasks.pages.workflow', message: 'there is no workflow page now; the task fails until there is' },
  ]);
  await reprise.register({
    workflow: 'word',
    tasks: { count: { call: 'echo', with: { n: '${{ input.n }}' } } },
    output: '${{ tasks.count.output.n }}',
  });
  await reprise.register({
    workflow: 'page',
    version: '1.0.0',
    input: { type: 'object', required: ['words'] },
    tasks: { words: { forEach: '${{ input.words }}', workflow: 'word', with: { n: '${{ each.value }}' } } },
    output: '${{ tasks.words.output.sum() }}',
  });
  const again = await document({
    workflow: 'batch',
    tasks: { pages: { forEach: [1, 2, 3], workflow: 'page@1.0.0', with: { words: ['${{ each.value }}', 10] } } },
    output: '${{ tasks.pages.output }}',
  });
  expect(again.body.warnings).toEqual([]);
  const run = await reprise.run('batch');
  expect(run).toMatchObject({ status: 'succeeded', output: [11, 12, 13], parent: null });
  const pages = await childrenOf(run.id);
  expect(pages.map(({ workflow, status, trigger, version }) => [workflow, status, trigger, version])).toEqual(
    Array(3).fill(['page', 'succeeded', 'parent', '1.0.0']),
  );
  const second = run.tasks.find(({ path }) => path === 'pages[1]');
  expect(second).toMatchObject({ kind: 'child', child: { workflow: 'page', status: 'succeeded' }, output: 12 });
  expect(await reprise.show(second?.child?.run ?? '')).toMatchObject({
    parent: run.id,
    parentTask: 'pages[1]',
    input: { words: [2, 10] },
  });
});

test('a run that fails fails the task that waits for it, with its code and where it was', async () => {
  await reprise.register({ workflow: 'broken', tasks: { charge: { fail: { code: 'CARD_DECLINED', message: 'no' } } } });
  await reprise.register({
    workflow: 'caller',
    tasks: [
      { id: 'pay', workflow: 'broken' },
      { id: 'after', call: 'noop' },
    ],
  });
  const run = await reprise.run('caller');
  const child = run.tasks[0]?.child?.run;
  expect(run).toMatchObject({
    status: 'failed',
    error: {
      code: 'CARD_DECLINED',
      task: 'pay',
      message: `run ${child} of broken failed: no`,
      details: { run: child, task: 'charge' },
    },
  });
});

test.each([
  ['a workflow that nobody has registered', { workflow: 'nobody' }, 'NO_WORKFLOW'],
  ['an input that its schema refuses', { workflow: 'page', with: {} }, 'INVALID_INPUT'],
])('%s fails the task that asks for it', async (_, task, code) => {
  await reprise.register({ workflow: 'asks', tasks: { ask: task } });
  expect(await reprise.run('asks')).toMatchObject({ status: 'failed', error: { code, task: 'ask' } });
});

test('cancel reaches down to a handler that runs three runs below, and the top ends when that has', async () => {
  await reprise.register({ workflow: 'bottom', tasks: { work: { call: 'slow', with: { ms: 60_000 } } } });
  await reprise.register({ workflow: 'middle', tasks: { down: { workflow: 'bottom' } } });
  await reprise.register({ workflow: 'top', tasks: { all: { forEach: [1, 2], workflow: 'middle' }, nap: { sleep: '1h' } } });
  const id = await reprise.startRun('top');
  const starts = () =>
    reprise.database.query(
      `select 1 from reprise.task t join reprise.run r on r.id = t.run_id where r.workflow = 'bottom' and t.status = 'running'`,
    );
  await reprise.orTell(eventually(async () => (await starts()).length === 2, { what: 'both handlers run' }));
  await reprise.request('POST', `/v1/runs/${id}/cancel`, { reason: 'enough' });
  expect((await reprise.ended(id)).status).toBe('cancelled');
  const rows = await reprise.database.query<{ workflow: string; status: string }>(
    `select workflow, status from reprise.run where workflow in ('top', 'middle', 'bottom') order by workflow`,
  );
  expect(rows.map(({ workflow, status }) => `${workflow} ${status}`)).toEqual([
    'bottom cancelled',
    'bottom cancelled',
    'middle cancelled',
    'middle cancelled',
    'top cancelled',
  ]);
});

test('a workflow that starts itself without end is stopped by the depth of its tree, one that starts too many by its size', async () => {
  await reprise.register({ workflow: 'self', tasks: { again: { workflow: 'self' } } });
  const deep = await reprise.run('self');
  expect(deep).toMatchObject({ status: 'failed', error: { code: 'TREE_TOO_DEEP' } });
  const [count] = await reprise.database.query(`select count(*)::int as runs from reprise.run where workflow = 'self'`);
  expect(count).toEqual({ runs: 17 });
  await reprise.register({
    workflow: 'wide',
    tasks: { all: { forEach: Array.from({ length: 80 }, (_, index) => index), workflow: 'word', with: { n: 1 } } },
  });
  const wide = await reprise.run('wide');
  expect(wide).toMatchObject({ status: 'failed', error: { code: 'TREE_TOO_LARGE' } });
  expect((await childrenOf(wide.id)).length).toBeLessThanOrEqual(59);
});
