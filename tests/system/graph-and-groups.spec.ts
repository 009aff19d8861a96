import { afterAll, expect, test } from '@jest/globals';
import type { RunView } from '@reprise/contracts';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const taskOf = (run: RunView, path: string) => run.tasks.find((task) => task.path === path);
const statuses = (run: RunView) => Object.fromEntries(run.tasks.map((task) => [task.path, task.status]));

test('a join waits for all it needs and gets their outputs', async () => {
  await reprise.register({
    workflow: 'diamond',
    tasks: {
      left: { call: 'echo', with: { side: 'left', ms: '${{ input.ms }}' } },
      right: { call: 'echo', with: { side: 'right' } },
      join: {
        needs: ['left', 'right'],
        call: 'echo',
        with: { both: '${{ tasks.left.output.side }}+${{ tasks.right.output.side }}' },
      },
    },
    output: { joined: '${{ tasks.join.output.both }}', ms: '${{ tasks.left.output.ms }}' },
  });
  const run = await reprise.run('diamond', { ms: 7 });
  expect(run).toMatchObject({ status: 'succeeded', output: { joined: 'left+right', ms: 7 }, error: null });
  const at = (path: string, field: 'startedAt' | 'endedAt') => taskOf(run, path)?.[field] ?? '';
  expect(at('join', 'startedAt') >= at('left', 'endedAt')).toBe(true);
  expect(at('join', 'startedAt') >= at('right', 'endedAt')).toBe(true);
});

test('a false condition skips a task and what needs it; runWhen chooses who answers a failure', async () => {
  await reprise.register({
    workflow: 'branches',
    tasks: {
      check: { call: 'flaky', with: { times: '${{ input.failures }}' }, retry: { maximumAttempts: 1 }, onError: 'continue' },
      large: { if: 'input.size > 10', call: 'echo', with: { size: 'large' } },
      after: { needs: ['large'], call: 'noop' },
      rescue: { needs: ['check'], runWhen: 'failed', call: 'echo', with: { code: '${{ tasks.check.error.code }}' } },
      always: { needs: ['check', 'large'], runWhen: 'done', call: 'noop' },
    },
    output: { rescued: '${{ tasks.rescue.output.?code.orValue(null) }}' },
  });
  const small = await reprise.run('branches', { failures: 1, size: 3 });
  expect(statuses(small)).toEqual({
    check: 'failed',
    large: 'skipped',
    after: 'skipped',
    rescue: 'succeeded',
    always: 'succeeded',
  });
  expect(small).toMatchObject({ status: 'succeeded', output: { rescued: 'FLAKY' } });
  const large = await reprise.run('branches', { failures: 0, size: 30 });
  expect(statuses(large)).toEqual({
    check: 'succeeded',
    large: 'succeeded',
    after: 'succeeded',
    rescue: 'skipped',
    always: 'succeeded',
  });
});

test('forEach over a group, nested, keeps the order of the list and tolerates what it was told to', async () => {
  await reprise.register({
    workflow: 'pages',
    tasks: {
      page: {
        forEach: { in: '${{ input.pages }}', as: 'page', parallel: 3, tolerate: 1 },
        tasks: [
          { id: 'fetch', call: 'flaky', with: { times: '${{ page.value.failures }}' }, retry: { maximumAttempts: 1 } },
          {
            id: 'row',
            forEach: { in: '${{ page.value.rows }}', as: 'row', parallel: 2 },
            call: 'echo',
            with: { cell: '${{ page.index }}/${{ row.value }}' },
          },
        ],
        output: '${{ tasks.row.output.map(r, r.cell).join(",") }}',
      },
      sum: { needs: ['page'], transform: '${{ tasks.page.output.filter(p, p != null).join(";") }}' },
    },
    output: { all: '${{ tasks.sum.output }}', failed: '${{ tasks.page.items.filter(i, i.status == "failed").size() }}' },
  });
  const pages = [
    { failures: 0, rows: ['a', 'b', 'c'] },
    { failures: 1, rows: ['x'] },
    { failures: 0, rows: [] },
    { failures: 0, rows: ['d'] },
  ];
  const run = await reprise.run('pages', { pages });
  expect(run).toMatchObject({ status: 'succeeded', output: { all: '0/a,0/b,0/c;;3/d', failed: 1 } });
  expect(taskOf(run, 'page')).toMatchObject({
    output: ['0/a,0/b,0/c', null, '', '3/d'],
    items: { total: 4, done: 4, failed: 1 },
  });
});

test('more failures than tolerated fail the run, and what waits starts no more', async () => {
  await reprise.register({
    workflow: 'strict',
    tasks: {
      item: {
        forEach: '${{ input.failures }}',
        call: 'flaky',
        with: { times: '${{ each.value }}' },
        retry: { maximumAttempts: 1 },
      },
      later: { needs: ['item'], call: 'noop' },
    },
  });
  const run = await reprise.run('strict', { failures: [0, 1, 0] });
  expect(run).toMatchObject({ status: 'failed', error: { code: 'FLAKY' } });
  expect(['skipped', 'cancelled', undefined]).toContain(taskOf(run, 'later')?.status);
});

test('a list of a thousand items ends with its output in order', async () => {
  await reprise.register({
    workflow: 'thousand',
    tasks: { item: { forEach: '${{ input.list }}', call: 'echo', with: { n: '${{ each.value }}' } } },
    output: '${{ tasks.item.output.map(o, o.n).sum() }}',
  });
  const list = Array.from({ length: 1_000 }, (_, index) => index);
  const run = await reprise.run('thousand', { list });
  expect(run).toMatchObject({ status: 'succeeded', output: 499_500 });
});
