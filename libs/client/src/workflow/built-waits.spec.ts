import { test } from '@jest/globals';
import { expectDocument } from '../../test/expect-document.js';
import { expr, orValue, typed, workflow } from '../index.js';

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
