import { expect, test } from '@jest/globals';
import { parseDocument } from '@reprise/core';
import { expr, orValue, typed, type WorkflowDocument, workflow } from '../index.js';

/** What a person would have written is what comes out, and what registering accepts. */
function expectDocument(built: WorkflowDocument, written: object): void {
  expect(JSON.parse(JSON.stringify(built))).toEqual(written);
  expect(built).toEqual(written);
  const parsed = parseDocument(JSON.stringify(built));
  const problems = parsed.kind === 'ok' ? parsed.warnings : parsed.problems;
  expect(problems.filter(({ message }) => !message.endsWith('not supported yet'))).toEqual([]);
}

interface Handlers {
  'inventory.reserve': { input: { sku: string }; output: { id: string } };
  'payments.charge': { input: { amount: number }; output: { id: string; status: 'captured' | 'pending' } };
  'payments.refund': { input: { chargeId: string }; output: null };
}

const ORDER = {
  type: 'object',
  required: ['orderId', 'sku', 'total'],
  properties: {
    orderId: { type: 'string' },
    sku: { type: 'string' },
    customer: { type: 'string' },
    total: { type: 'number' },
  },
} as const;

test('the order workflow of the documentation', () => {
  const built = workflow<Handlers>()('order-fulfilment', {
    version: '1.2.0',
    description: 'Reserve, charge, ship.',
    input: ORDER,
    on: [
      {
        event: 'order.placed',
        if: ({ event }) => expr`${event.data.total} >= 0`,
        key: ({ event }) => event.data.id,
        input: ({ event }) => ({
          orderId: event.data.id,
          sku: event.data.sku,
          customer: event.data.customer,
          total: event.data.total,
        }),
      },
    ],
    concurrency: { key: ({ input }) => input.customer, limit: 1, overlap: 'queue' },
    timeout: '1h',
    defaults: { retry: { maximumAttempts: 3, initialInterval: '200ms' }, timeout: '30s', queue: 'default' },
  })
    .task('reserve', { call: 'inventory.reserve', with: ({ input }) => ({ sku: input.sku }) })
    .task('charge', {
      needs: ['reserve'],
      if: ({ input }) => expr`${input.total} > 0`,
      call: 'payments.charge',
      with: ({ input }) => ({ amount: input.total }),
      retry: {
        maximumAttempts: 8,
        initialInterval: '500ms',
        backoffCoefficient: 2,
        maximumInterval: '1m',
        jitter: 'full',
        nonRetryable: ['CARD_DECLINED'],
      },
      timeout: { attempt: '10s', queue: '5m', total: '30m', heartbeat: '5s' },
      succeedWhen: ({ output }) => expr`${output.status} == 'captured'`,
      idempotencyKey: ({ input }) => input.orderId,
      compensate: { call: 'payments.refund', with: ({ tasks }) => ({ chargeId: tasks.charge.output.id }) },
    })
    .task('ship', { needs: ['reserve', 'charge'], workflow: 'shipping', with: ({ input }) => ({ orderId: input.orderId }) })
    .onFailure((steps) =>
      steps.step('tell', {
        call: 'http',
        with: ({ run }) => ({ method: 'POST', url: 'https://ops.example/alerts', body: { run: run.id, error: run.error } }),
      }),
    )
    .output(({ tasks }) => ({ shipment: orValue(typed<{ trackingId?: string }>(tasks.ship.output).trackingId, null) }));

  expectDocument(built, {
    workflow: 'order-fulfilment',
    version: '1.2.0',
    description: 'Reserve, charge, ship.',
    input: ORDER,
    on: [
      {
        event: 'order.placed',
        if: 'event.data.total >= 0',
        key: '${{ event.data.id }}',
        input: {
          orderId: '${{ event.data.id }}',
          sku: '${{ event.data.sku }}',
          customer: '${{ event.data.customer }}',
          total: '${{ event.data.total }}',
        },
      },
    ],
    concurrency: { key: '${{ input.customer }}', limit: 1, overlap: 'queue' },
    timeout: '1h',
    defaults: { retry: { maximumAttempts: 3, initialInterval: '200ms' }, timeout: '30s', queue: 'default' },
    tasks: {
      reserve: { call: 'inventory.reserve', with: { sku: '${{ input.sku }}' } },
      charge: {
        needs: ['reserve'],
        if: 'input.total > 0',
        call: 'payments.charge',
        with: { amount: '${{ input.total }}' },
        retry: {
          maximumAttempts: 8,
          initialInterval: '500ms',
          backoffCoefficient: 2,
          maximumInterval: '1m',
          jitter: 'full',
          nonRetryable: ['CARD_DECLINED'],
        },
        timeout: { attempt: '10s', queue: '5m', total: '30m', heartbeat: '5s' },
        succeedWhen: "output.status == 'captured'",
        idempotencyKey: '${{ input.orderId }}',
        compensate: { call: 'payments.refund', with: { chargeId: '${{ tasks.charge.output.id }}' } },
      },
      ship: { needs: ['reserve', 'charge'], workflow: 'shipping', with: { orderId: '${{ input.orderId }}' } },
    },
    output: { shipment: '${{ tasks.ship.output.?trackingId.orValue(null) }}' },
    onFailure: [
      {
        id: 'tell',
        call: 'http',
        with: { method: 'POST', url: 'https://ops.example/alerts', body: { run: '${{ run.id }}', error: '${{ run.error }}' } },
      },
    ],
  });
});

test('values of transforms, waits and failures', () => {
  const built = workflow('values', { input: typed<{ id: string; delay: string; until: string; count: number }>() })
    .task('text', {
      transform: ({ input }) => ({ subject: `Order ${input.id}`, cents: expr`${input.count} * 100`, fixed: [1, 'a'] }),
    })
    .task('pause', { sleep: '5m' })
    .task('asked', { sleep: ({ input }) => input.delay })
    .task('opening', { sleepUntil: '2030-01-31T09:00:00+01:00' })
    .task('closing', { sleepUntil: ({ input }) => input.until })
    .task('stop', {
      if: ({ input }) => expr`${input.count} == ${0}`,
      fail: { code: 'NO_STOCK', message: ({ input }) => `nothing left of ${input.id}` },
    })
    .build();

  expectDocument(built, {
    workflow: 'values',
    tasks: {
      text: { transform: { subject: 'Order ${{ input.id }}', cents: '${{ input.count * 100 }}', fixed: [1, 'a'] } },
      pause: { sleep: '5m' },
      asked: { sleep: '${{ input.delay }}' },
      opening: { sleepUntil: '2030-01-31T09:00:00+01:00' },
      closing: { sleepUntil: '${{ input.until }}' },
      stop: { if: 'input.count == 0', fail: { code: 'NO_STOCK', message: 'nothing left of ${{ input.id }}' } },
    },
  });
});

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

test('approvals', () => {
  const FORM = { type: 'object', required: ['reason'], properties: { reason: { type: 'string' } } } as const;
  const built = workflow('approvals', { input: typed<{ id: string; by: string; boss: string; patience: string }>() })
    .task('short', { approval: { subject: 'Go on?', expire: '2d' } })
    .task('long', {
      approval: {
        subject: ({ input }) => `Refund ${input.id}?`,
        assignees: ({ input }) => ['anna', input.boss],
        required: 2,
        form: FORM,
        requester: ({ input }) => input.by,
        fourEyes: true,
        remind: { after: '4h', every: '1d', maximum: 3 },
        escalate: { after: ({ input }) => input.patience, to: ['carla'] },
        expire: { after: '7d', decision: 'rejected' },
      },
    })
    .task('refund', {
      needs: ['long'],
      if: ({ tasks }) => expr`${tasks.long.output.decision} == 'approved'`,
      call: 'payments.refund',
      with: ({ tasks }) => ({ reason: tasks.long.output.form.reason, by: tasks.long.output.by }),
    })
    .build();

  expectDocument(built, {
    workflow: 'approvals',
    tasks: {
      short: { approval: { subject: 'Go on?', expire: '2d' } },
      long: {
        approval: {
          subject: 'Refund ${{ input.id }}?',
          assignees: ['anna', '${{ input.boss }}'],
          required: 2,
          form: FORM,
          requester: '${{ input.by }}',
          fourEyes: true,
          remind: { after: '4h', every: '1d', maximum: 3 },
          escalate: { after: '${{ input.patience }}', to: ['carla'] },
          expire: { after: '7d', decision: 'rejected' },
        },
      },
      refund: {
        needs: ['long'],
        if: "tasks.long.output.decision == 'approved'",
        call: 'payments.refund',
        with: { reason: '${{ tasks.long.output.form.reason }}', by: '${{ tasks.long.output.by }}' },
      },
    },
  });
});

test('events waited for and sent', () => {
  const built = workflow('events', { input: typed<{ id: string; patience: string }>() })
    .task('paid', {
      waitFor: {
        event: 'payment.*',
        match: ({ event }) => event.data.order,
        key: ({ input }) => input.id,
        if: ({ event, input }) => expr`${event.data.amount} > 0 && ${event.subject} != ${input.id}`,
        timeout: ({ input }) => input.patience,
        window: '10m',
      },
    })
    .task('votes', { waitFor: { event: 'vote.cast', match: ({ event }) => event.subject, key: 'board', count: 3 } })
    .task('tell', {
      needs: ['paid', 'votes'],
      emit: {
        type: 'order.paid',
        subject: ({ input }) => input.id,
        data: ({ tasks }) => ({ by: tasks.paid.output.source, first: orValue(tasks.votes.output[0]?.id, null) }),
      },
    })
    .build();

  expectDocument(built, {
    workflow: 'events',
    tasks: {
      paid: {
        waitFor: {
          event: 'payment.*',
          match: 'event.data.order',
          key: '${{ input.id }}',
          if: 'event.data.amount > 0 && event.subject != input.id',
          timeout: '${{ input.patience }}',
          window: '10m',
        },
      },
      votes: { waitFor: { event: 'vote.cast', match: 'event.subject', key: "'board'", count: 3 } },
      tell: {
        needs: ['paid', 'votes'],
        emit: {
          type: 'order.paid',
          subject: '${{ input.id }}',
          data: { by: '${{ tasks.paid.output.source }}', first: '${{ tasks.votes.output[?0].id.orValue(null) }}' },
        },
      },
    },
  });
});

test('child runs, by name and by the workflow itself', () => {
  const shipping = workflow('shipping', { input: typed<{ orderId: string; express?: boolean }>() })
    .task('label', { call: 'labels.print', with: ({ input }) => ({ for: input.orderId }) })
    .output(({ input }) => ({ tracking: `T-${input.orderId}` }));
  const built = workflow('parent')
    .task('typed', { workflow: shipping, with: { orderId: 'o-1' } })
    .task('named', { workflow: 'billing@1.2.0', with: { anything: true }, timeout: '10m' })
    .output(({ tasks }) => ({ tracking: tasks.typed.output.tracking, bill: tasks.named.output }));

  expectDocument(built, {
    workflow: 'parent',
    tasks: {
      typed: { workflow: 'shipping', with: { orderId: 'o-1' } },
      named: { workflow: 'billing@1.2.0', with: { anything: true }, timeout: '10m' },
    },
    output: { tracking: '${{ tasks.typed.output.tracking }}', bill: '${{ tasks.named.output }}' },
  });
});

test('everything a call may say', () => {
  const built = workflow('calls', { input: typed<{ id: string; customer: string }>() })
    .task('full', {
      call: 'payments.charge',
      with: ({ secret }) => ({ token: secret('PAY_TOKEN'), header: `Bearer ${secret('PAY_TOKEN')}` }),
      queue: 'payments',
      effect: 'once',
      onInDoubt: 'park',
      retention: '30d',
      idempotencyKey: ({ input }) => `charge-${input.id}`,
      rateLimit: { key: ({ input }) => input.customer, max: 10, per: '1s' },
      dependency: 'stripe',
      priority: 'high',
      retry: { backoff: 'linear', maximumElapsed: '1h', onExhausted: 'park', retryOn: ['http.*'], maximumLost: 2 },
    })
    .build();

  expectDocument(built, {
    workflow: 'calls',
    tasks: {
      full: {
        call: 'payments.charge',
        with: { token: '${{ secrets.PAY_TOKEN }}', header: 'Bearer ${{ secrets.PAY_TOKEN }}' },
        queue: 'payments',
        effect: 'once',
        onInDoubt: 'park',
        retention: '30d',
        idempotencyKey: 'charge-${{ input.id }}',
        rateLimit: { key: '${{ input.customer }}', max: 10, per: '1s' },
        dependency: 'stripe',
        priority: 'high',
        retry: { backoff: 'linear', maximumElapsed: '1h', onExhausted: 'park', retryOn: ['http.*'], maximumLost: 2 },
      },
    },
  });
});

test('every trigger', () => {
  const built = workflow('triggers', {
    input: typed<{ day: string }>(),
    on: [
      { event: 'day.*', source: 'calendar', input: ({ event }) => ({ day: orValue(event.subject, 'none') }) },
      {
        schedule: {
          id: 'nightly',
          cron: '0 3 * * *',
          timezone: 'Europe/Berlin',
          if: ({ schedule }) => expr`${schedule.previous} != null`,
          key: ({ schedule }) => schedule.time,
          input: ({ schedule }) => ({ day: schedule.time }),
          jitter: '5m',
          start: '2030-01-01T00:00:00Z',
          end: '2031-01-01T00:00:00Z',
          catchUp: 'all',
          overlap: 'queue',
          dst: { gap: 'skip', repeat: 'both' },
        },
      },
      { schedule: { id: 'often', every: '5m', input: { day: 'today' } } },
      { schedule: { id: 'once', at: '2030-01-01T00:00:00Z', input: { day: 'new year' } } },
      { webhook: { path: 'days', secret: 'HOOK', signature: 'github', key: ({ event }) => event.id, input: { day: 'x' } } },
      { workflow: { name: 'other', status: 'succeeded', input: ({ event }) => ({ day: event.data.output.day }) } },
      {
        poll: {
          id: 'weather',
          every: '1m',
          call: 'http',
          with: ({ secret, schedule }) => ({
            url: 'https://example.com',
            query: { since: schedule.previous, until: schedule.time },
            headers: { authorization: `Bearer ${secret('TOKEN')}` },
          }),
          retry: { maximumAttempts: 2 },
          timeout: '10s',
          if: ({ output, schedule }) => expr`${output.status} == 200 && ${schedule.previous} != null`,
          key: ({ output }) => output.body.day,
          input: ({ output }) => ({ day: output.body.day }),
        },
      },
    ],
  })
    .task('a', { transform: ({ input }) => input.day })
    .build();

  expectDocument(built, {
    workflow: 'triggers',
    on: [
      { event: 'day.*', source: 'calendar', input: { day: "${{ event.subject == null ? 'none' : event.subject }}" } },
      {
        schedule: {
          id: 'nightly',
          cron: '0 3 * * *',
          timezone: 'Europe/Berlin',
          if: 'schedule.previous != null',
          key: '${{ schedule.time }}',
          input: { day: '${{ schedule.time }}' },
          jitter: '5m',
          start: '2030-01-01T00:00:00Z',
          end: '2031-01-01T00:00:00Z',
          catchUp: 'all',
          overlap: 'queue',
          dst: { gap: 'skip', repeat: 'both' },
        },
      },
      { schedule: { id: 'often', every: '5m', input: { day: 'today' } } },
      { schedule: { id: 'once', at: '2030-01-01T00:00:00Z', input: { day: 'new year' } } },
      { webhook: { path: 'days', secret: 'HOOK', signature: 'github', key: '${{ event.id }}', input: { day: 'x' } } },
      { workflow: { name: 'other', status: 'succeeded', input: { day: '${{ event.data.output.day }}' } } },
      {
        poll: {
          id: 'weather',
          every: '1m',
          call: 'http',
          with: {
            url: 'https://example.com',
            query: { since: '${{ schedule.previous }}', until: '${{ schedule.time }}' },
            headers: { authorization: 'Bearer ${{ secrets.TOKEN }}' },
          },
          retry: { maximumAttempts: 2 },
          timeout: '10s',
          if: 'output.status == 200 && schedule.previous != null',
          key: '${{ output.body.day }}',
          input: { day: '${{ output.body.day }}' },
        },
      },
    ],
    tasks: { a: { transform: '${{ input.day }}' } },
  });
});
