import { test } from '@jest/globals';
import { expectDocument } from '../../test/expect-document.js';
import { expr, orValue, typed, workflow } from '../index.js';

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
    defaults: { retry: { maximumAttempts: 3, initialInterval: '200ms' }, timeout: '30s', queue: 'default', priority: 'low' },
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
    defaults: { retry: { maximumAttempts: 3, initialInterval: '200ms' }, timeout: '30s', queue: 'default', priority: 'low' },
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
