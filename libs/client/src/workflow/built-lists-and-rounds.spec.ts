import { test } from '@jest/globals';
import { expectDocument } from '../../test/expect-document.js';
import { expr, orValue, typed, workflow } from '../index.js';

test('a sequence: a list whose items have ids, each of which sees those before it', () => {
  const built = workflow('sequence', { failFast: false, lifecycle: 'tasks' })
    .step('fetch', { call: 'http', with: { url: 'https://example.com/rates' } })
    .step('rate', { transform: ({ tasks }) => tasks.fetch.output.body.eur })
    .step('store', { call: 'rates.store', with: ({ tasks }) => ({ rate: tasks.rate.output, status: tasks.fetch.output.status }) })
    .output(({ tasks }) => tasks.store.output);

  expectDocument(built, {
    workflow: 'sequence',
    failFast: false,
    lifecycle: 'tasks',
    tasks: [
      { id: 'fetch', call: 'http', with: { url: 'https://example.com/rates' } },
      { id: 'rate', transform: '${{ tasks.fetch.output.body.eur }}' },
      {
        id: 'store',
        call: 'rates.store',
        with: { rate: '${{ tasks.rate.output }}', status: '${{ tasks.fetch.output.status }}' },
      },
    ],
    output: '${{ tasks.store.output }}',
  });
});

test('loops over lists, with a name, in groups, and in groups in groups', () => {
  const built = workflow('loops', { input: typed<{ pages: string[]; orders: { id: string; lines: { sku: string }[] }[] }>() })
    .task('short', { forEach: ({ input }) => input.pages, call: 'page.get', with: ({ each }) => ({ page: each.value }) })
    .task('given', { forEach: ['a', 'b'], transform: ({ each }) => `${each.index}: ${each.value}` })
    .task('order', {
      needs: ['short'],
      forEach: { in: ({ input }) => input.orders, as: 'order', parallel: 10, tolerate: '5%' },
      timeout: { total: ({ order }) => order.value.id },
      failFast: false,
      tasks: (group) =>
        group
          .task('lines', {
            forEach: { in: ({ order }) => order.value.lines, as: 'line', tolerate: 1 },
            call: 'line.take',
            with: ({ order, line, each, tasks }) => ({
              order: order.value.id,
              sku: line.value.sku,
              at: each.index,
              pages: tasks.short.output,
            }),
          })
          .task('count', {
            needs: ['lines'],
            transform: ({ tasks }) => expr<number>`${tasks.lines.items}.filter(item, item.status == 'succeeded').size()`,
          })
          .output(({ tasks }) => ({ taken: tasks.count.output })),
    })
    .output(({ tasks }) => ({ orders: tasks.order.output, first: orValue(tasks.order.output[0]?.taken, 0) }));

  expectDocument(built, {
    workflow: 'loops',
    tasks: {
      short: { forEach: 'input.pages', call: 'page.get', with: { page: '${{ each.value }}' } },
      given: { forEach: ['a', 'b'], transform: '${{ each.index }}: ${{ each.value }}' },
      order: {
        needs: ['short'],
        forEach: { in: 'input.orders', as: 'order', parallel: 10, tolerate: '5%' },
        timeout: { total: '${{ order.value.id }}' },
        failFast: false,
        tasks: {
          lines: {
            forEach: { in: 'order.value.lines', as: 'line', tolerate: 1 },
            call: 'line.take',
            with: {
              order: '${{ order.value.id }}',
              sku: '${{ line.value.sku }}',
              at: '${{ each.index }}',
              pages: '${{ tasks.short.output }}',
            },
          },
          count: {
            needs: ['lines'],
            transform: "${{ tasks.lines.items.filter(item, item.status == 'succeeded').size() }}",
          },
        },
        output: { taken: '${{ tasks.count.output }}' },
      },
    },
    output: {
      orders: '${{ tasks.order.output }}',
      first: '${{ tasks.order.output[?0].taken.orValue(null) == null ? 0 : tasks.order.output[0].taken }}',
    },
  });
});

test('rounds, of a call and of a group that is retried', () => {
  const built = workflow('rounds')
    .task('poll', {
      repeat: { until: ({ output }) => expr`${output.status} == ${200}`, maximum: 100, interval: '30s' },
      call: 'http',
      with: ({ round }) => ({ url: `https://example.com/?page=${round.number}`, body: orValue(round.last.body, null) }),
    })
    .task('group', {
      needs: ['poll'],
      repeat: { while: ({ round }) => expr`${round.number} < 3`, interval: ({ output }) => output.wait },
      tasks: (group) =>
        group.step('a', { call: 'a.do' }).step('b', { call: 'b.do', with: ({ tasks }) => ({ a: tasks.a.output }) }),
      retry: { maximumAttempts: 2, policies: [{ errors: ['http.5*'], maximumAttempts: 5 }] },
      compensate: { call: 'undo', with: ({ output }) => ({ what: output }) },
      onError: 'continue',
    })
    .task('after', { needs: ['group'], runWhen: 'done', transform: ({ tasks }) => tasks.group.error })
    .build();

  expectDocument(built, {
    workflow: 'rounds',
    tasks: {
      poll: {
        repeat: { until: 'output.status == 200', maximum: 100, interval: '30s' },
        call: 'http',
        with: {
          url: 'https://example.com/?page=${{ round.number }}',
          body: '${{ round.last.?body.orValue(null) }}',
        },
      },
      group: {
        needs: ['poll'],
        repeat: { while: 'round.number < 3', interval: '${{ output.wait }}' },
        tasks: [
          { id: 'a', call: 'a.do' },
          { id: 'b', call: 'b.do', with: { a: '${{ tasks.a.output }}' } },
        ],
        retry: { maximumAttempts: 2, policies: [{ errors: ['http.5*'], maximumAttempts: 5 }] },
        compensate: { call: 'undo', with: { what: '${{ output }}' } },
        onError: 'continue',
      },
      after: { needs: ['group'], runWhen: 'done', transform: '${{ tasks.group.error }}' },
    },
  });
});
