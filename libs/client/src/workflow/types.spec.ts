import { expect, test } from '@jest/globals';
import {
  type CloudEvent,
  type Decision,
  expr,
  orValue,
  type RepriseClient,
  typed,
  type WorkflowDocument,
  workflow,
} from '../index.js';

// What is promised here is promised by the compiler (`npm run types`): a line marked as an error that is none is an error.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_Holds extends true>(): void => undefined;
const refused = (..._lines: readonly (() => unknown)[]): void => undefined;

interface Handlers {
  'stock.take': { input: { sku: string }; output: { id: string } };
  'card.charge': { input: { amount: number; note?: string; currency?: 'EUR' | 'USD' }; output: { id: string; left: number } };
  'any.thing': { input: { hint?: string }; output: unknown };
}

interface Order {
  readonly sku: string;
  readonly total: number;
  readonly vip: boolean;
  readonly note?: string;
  readonly lines: readonly { readonly sku: string }[];
}

const begin = workflow<Handlers>()('orders', { input: typed<Order>() });
const graph = begin
  .task('take', { call: 'stock.take', with: ({ input }) => ({ sku: input.sku }) })
  .task('wait', { needs: ['take'], sleep: '1s' })
  .task('charge', { needs: ['wait'], call: 'card.charge', with: { amount: 1 } });

test('a task reads what it needs, directly or not, and nothing else', () => {
  graph.task('x', { needs: ['charge'], transform: ({ tasks }) => [tasks.take.output.id, tasks.charge.output.left] });
  graph.task('x', { needs: ['wait'], tasks: (group) => group.step('y', { transform: ({ tasks }) => tasks.take.output.id }) });
  refused(
    // @ts-expect-error it does not need `take`
    () => graph.task('x', { transform: ({ tasks }) => tasks.take.output }),
    // @ts-expect-error it needs `take` only
    () => graph.task('x', { needs: ['take'], if: ({ tasks }) => tasks.charge.output, transform: 1 }),
    // @ts-expect-error itself
    () => graph.task('x', { transform: ({ tasks }) => tasks.x.output }),
    // @ts-expect-error there is no such task
    () => graph.task('x', { needs: ['ship'], transform: 1 }),
    // @ts-expect-error the group does not need `take`
    () => graph.task('x', { tasks: (group) => group.step('y', { transform: ({ tasks }) => tasks.take.output }) }),
    // @ts-expect-error `y` is inside
    () => graph.task('x', { tasks: (group) => group.step('y', { sleep: '1s' }) }).output(({ tasks }) => tasks.y.output),
    // @ts-expect-error there is no such field
    () => graph.output(({ tasks }) => tasks.take.output.ids),
  );
});

test('what stands nearer hides what has the same id further out', () => {
  graph.task('x', {
    needs: ['take'],
    tasks: (group) =>
      group
        .task('take', { transform: { other: 1 } })
        .task('read', { needs: ['take'], transform: ({ tasks }) => tasks.take.output.other })
        // @ts-expect-error that is the `take` inside, which this one does not need
        .task('bad', { transform: ({ tasks }) => tasks.take.output.id }),
  });
});

test('an id is taken once', () => {
  refused(
    // @ts-expect-error in a graph
    () => graph.task('take', { sleep: '1s' }),
    // @ts-expect-error in a sequence
    () => begin.step('a', { sleep: '1s' }).step('a', { sleep: '1s' }),
    // @ts-expect-error in a group
    () => graph.task('x', { tasks: (group) => group.step('a', { sleep: '1s' }).step('a', { sleep: '1s' }) }),
  );
});

test('a handler gets what it takes', () => {
  graph.task('x', {
    call: 'card.charge',
    with: ({ input }) => ({ amount: input.total, note: `for ${input.sku}`, currency: 'EUR' }),
  });
  graph.task('x', {
    call: 'card.charge',
    with: ({ input }) => ({ amount: expr`${input.total} * 2`, note: orValue(input.note, '') }),
  });
  graph.task('x', { call: 'any.thing' });
  refused(
    // @ts-expect-error a text for a number
    () => graph.task('x', { call: 'card.charge', with: { amount: '1' } }),
    // @ts-expect-error a reference to a text for a number
    () => graph.task('x', { call: 'card.charge', with: ({ input }) => ({ amount: input.sku }) }),
    // @ts-expect-error a text with a number in it for a number
    () => graph.task('x', { call: 'card.charge', with: ({ input }) => ({ amount: `${input.total}` }) }),
    // @ts-expect-error what may be missing for what must be there
    () => graph.task('x', { call: 'stock.take', with: ({ input }) => ({ sku: input.note }) }),
    // @ts-expect-error what may be missing for what may be left out
    () => graph.task('x', { call: 'card.charge', with: ({ input }) => ({ amount: 1, note: input.note }) }),
    // @ts-expect-error any text for one of two
    () => graph.task('x', { call: 'card.charge', with: ({ input }) => ({ amount: 1, currency: input.sku }) }),
    // @ts-expect-error a field is missing
    () => graph.task('x', { call: 'card.charge', with: { note: 'x' } }),
    // @ts-expect-error everything is missing
    () => graph.task('x', { call: 'card.charge' }),
    // @ts-expect-error a field too many
    () => graph.task('x', { call: 'card.charge', with: { amount: 1, noet: 'x' } }),
    // @ts-expect-error nobody has such a handler
    () => graph.task('x', { call: 'card.chrage', with: { amount: 1 } }),
    // @ts-expect-error the built-in handlers are known too
    () => graph.task('x', { call: 'http', with: { method: 'GET' } }),
    // @ts-expect-error so is what undoes it
    () => graph.task('x', { transform: 1, compensate: { call: 'card.charge', with: { amount: 'x' } } }),
  );
});

test('a task is of one kind, with its own fields', () => {
  refused(
    // @ts-expect-error of two kinds
    () => graph.task('x', { call: 'any.thing', sleep: '5m' }),
    // @ts-expect-error of two kinds that look alike
    () => graph.task('x', { sleep: '5m', sleepUntil: '2030-01-01T00:00:00Z' }),
    // @ts-expect-error of none
    () => graph.task('x', {}),
    // @ts-expect-error misspelt
    () => graph.task('x', { call: 'any.thing', rety: {} }),
    // @ts-expect-error misspelt further in
    () => graph.task('x', { call: 'any.thing', retry: { maximumAttempt: 3 } }),
    // @ts-expect-error a sleep is not retried
    () => graph.task('x', { sleep: '5m', retry: {} }),
    // @ts-expect-error nor undone
    () => graph.task('x', { sleep: '5m', compensate: { call: 'any.thing' } }),
    // @ts-expect-error a key needs something that equals it
    () => graph.task('x', { waitFor: { event: 'a', key: 'k' } }),
    // @ts-expect-error a group is not lost
    () => graph.task('x', { tasks: (group) => group.step('y', { sleep: '1s' }), retry: { maximumLost: 3 } }),
    // @ts-expect-error in a sequence nothing is needed but what comes before
    () => begin.step('a', { sleep: '1s' }).step('b', { needs: ['a'], sleep: '1s' }),
    // @ts-expect-error a graph is not a sequence
    () => graph.step('x', { sleep: '1s' }),
    // @ts-expect-error nor is a group both
    () => graph.task('x', { tasks: (group) => group.step('a', { sleep: '1s' }).task('b', { sleep: '1s' }) }),
    // @ts-expect-error misspelt in the head
    () => workflow('w', { verson: '1.0.0' }),
    // @ts-expect-error a trigger of two kinds
    () => workflow('w', { on: [{ event: 'a', webhook: { path: 'a' } }] }),
    // @ts-expect-error two timings
    () => workflow('w', { on: [{ schedule: { id: 'a', cron: '* * * * *', every: '5m' } }] }),
    // @ts-expect-error a number is no duration
    () => graph.task('x', { sleep: 5 }),
    // @ts-expect-error nor is a number without a unit
    () => graph.task('x', { sleep: '5' }),
  );
  graph.task('x', { sleep: '1h30m' });
});

test('a loop is there for what is in it', () => {
  graph.task('x', { forEach: ({ input }) => input.lines, call: 'stock.take', with: ({ each }) => ({ sku: each.value.sku }) });
  refused(
    // @ts-expect-error there is no loop
    () => graph.task('x', { transform: ({ each }) => each.value }),
    // @ts-expect-error the condition is asked before the loop
    () => graph.task('x', { forEach: [1], if: ({ each }) => expr`${each.index} > 0`, transform: 1 }),
    // @ts-expect-error its name is another one
    () => graph.task('x', { forEach: { in: [1], as: 'page' }, transform: ({ pag }) => pag.value }),
    // @ts-expect-error its items are texts
    () => graph.task('x', { forEach: ['a'], call: 'card.charge', with: ({ each }) => ({ amount: each.value }) }),
    // @ts-expect-error not a list
    () => graph.task('x', { forEach: ({ input }) => input.sku, transform: 1 }),
    // @ts-expect-error only lists have items
    () => graph.output(({ tasks }) => tasks.take.items),
    // @ts-expect-error the output of the attempt, before there is one
    () => graph.task('x', { call: 'any.thing', with: ({ output }) => ({ hint: output }) }),
    // @ts-expect-error only handlers get secrets
    () => graph.task('x', { transform: ({ secret }) => secret('A') }),
    // @ts-expect-error nobody computes with a secret
    () => graph.task('x', { call: 'any.thing', with: ({ secret }) => ({ hint: expr`${secret('A')} + 'x'` }) }),
  );
});

test('what undoes a task says of itself what a call may', () => {
  graph.task('x', {
    call: 'any.thing',
    compensate: {
      call: 'any.thing',
      effect: 'once',
      onInDoubt: 'probe',
      idempotencyKey: ({ run }) => run.id,
      retention: '2d',
      dependency: 'bank',
    },
  });
  refused(
    // @ts-expect-error it has no rate of its own
    () => graph.task('x', { call: 'any.thing', compensate: { call: 'any.thing', rateLimit: { max: 1, per: '1s' } } }),
  );
});

test('a condition is an expression that is true or false', () => {
  graph.task('x', { if: ({ input }) => input.vip, transform: 1 });
  graph.task('x', { if: false, transform: 1 });
  refused(
    // @ts-expect-error a number is neither
    () => graph.task('x', { if: ({ input }) => input.total, transform: 1 }),
    // @ts-expect-error JavaScript compares while the workflow is built
    () => graph.task('x', { if: ({ input }) => input.total > 0, transform: 1 }),
    // @ts-expect-error so it does here
    () => graph.task('x', { if: ({ input }) => input.sku === 'x', transform: 1 }),
    // @ts-expect-error and here, where nothing is known of the data
    () => workflow('w', { on: [{ event: 'a', if: ({ event }) => event.data.total > 0 }] }),
    // @ts-expect-error what it says is not true or false
    () => graph.task('x', { if: ({ input }) => expr<string>`${input.sku}`, transform: 1 }),
  );
});

test('a trigger gives the input that the workflow takes', () => {
  workflow('w', { input: typed<{ n: number }>(), on: [{ event: 'a', input: ({ event }) => ({ n: event.data.n }) }] });
  refused(
    // @ts-expect-error a text for a number
    () => workflow('w', { input: typed<{ n: number }>(), on: [{ event: 'a', input: { n: 'x' } }] }),
    // @ts-expect-error the type of an event is text
    () => workflow('w', { input: typed<{ n: number }>(), on: [{ event: 'a', input: ({ event }) => ({ n: event.type }) }] }),
    // @ts-expect-error a schedule has no event
    () => workflow('w', { on: [{ schedule: { id: 'a', every: '5m', key: ({ event }) => event.id } }] }),
    // @ts-expect-error a poll has a condition
    () => workflow('w', { on: [{ poll: { every: '5m', call: 'http', with: { url: 'https://a.example' } } }] }),
    () =>
      workflow('w', {
        // @ts-expect-error nothing has been called yet
        on: [{ poll: { every: '5m', call: 'http', if: true, with: ({ output }) => ({ url: output }) } }],
      }),
    () =>
      workflow<Handlers>()('w', {
        input: typed<{ n: number }>(),
        // @ts-expect-error what is taken has a text for its id
        on: [{ poll: { every: '5m', call: 'stock.take', if: true, input: ({ output }) => ({ n: output.id }) } }],
      }),
    // @ts-expect-error a child run too
    () => graph.task('x', { workflow: small, with: { n: 'x' } }),
  );
});

const small = workflow('small', {
  input: {
    type: 'object',
    required: ['n', 'kind'],
    properties: {
      n: { type: 'integer' },
      kind: { enum: ['a', 'b'] },
      list: { type: 'array', items: { type: 'object', properties: { deep: { type: ['string', 'null'] } } } },
    },
  },
})
  .task('ask', {
    approval: { subject: 'Go on?', form: { type: 'object', required: ['why'], properties: { why: { type: 'string' } } } },
  })
  .task('one', { waitFor: { event: 'a', match: ({ event }) => event.id, key: 'k' } })
  .task('many', { waitFor: { event: 'a', match: ({ event }) => event.id, key: 'k', count: 2 } })
  .task('sent', { emit: { type: 'a' } })
  .task('list', {
    forEach: [1, 2],
    transform: ({ each }) => ({ double: expr<number>`${each.value} * 2`, text: `${each.index}` }),
  })
  .task('group', { tasks: (group) => group.task('a', { transform: 1 }).task('b', { transform: 'b' }) })
  .task('steps', { tasks: (group) => group.step('a', { transform: 1 }).step('b', { transform: true }) })
  .output(({ tasks, input }) => ({
    form: tasks.ask.output,
    one: tasks.one.output,
    many: tasks.many.output,
    sent: tasks.sent.output.id,
    list: tasks.list.output,
    error: tasks.list.items[0]?.error,
    group: tasks.group.output,
    steps: tasks.steps.output,
    kind: input.kind,
    fallback: orValue(input.list, []),
  }));

const deciding = workflow<Handlers>()('deciding').task('ask', {
  approval: { subject: 'Go on?', form: { type: 'object' }, expire: '1d' },
});

type InputOf<Built> = Built extends WorkflowDocument<infer Input, infer _> ? Input : never;
type OutputOf<Built> = Built extends WorkflowDocument<infer _, infer Output> ? Output : never;

test('a document knows what its runs take and give', () => {
  type Input = InputOf<typeof small>;
  type Output = OutputOf<typeof small>;
  type Items = readonly { readonly deep?: string | null }[];
  same<Same<Input, { readonly n: number; readonly kind: 'a' | 'b'; readonly list?: Items }>>();
  same<Same<Output['form'], Decision<{ readonly why: string }>>>();
  same<Same<Output['one'], CloudEvent>>();
  same<Same<Output['many'], readonly CloudEvent[]>>();
  same<Same<Output['sent'], string>>();
  same<Same<Output['list'], readonly ({ readonly double: number; readonly text: string } | null)[]>>();
  same<Same<Output['group'], { readonly a: 1; readonly b: string }>>();
  same<Same<Output['steps'], true>>();
  same<Same<Output['kind'], 'a' | 'b'>>();
  type Said = Decision<{ readonly why: string }>;
  same<Same<Said['by'], string | null>>();
  same<Same<Said['form'], { readonly why: string } | null>>();
  same<Same<Said['comment'], string | null>>();
  same<Same<Said['approvals'][number]['by'], string>>();
  refused(
    // @ts-expect-error nobody may have answered: `expire` decided
    () => deciding.task('x', { needs: ['ask'], call: 'stock.take', with: ({ tasks }) => ({ sku: tasks.ask.output.by }) }),
  );
  deciding.task('x', { needs: ['ask'], call: 'stock.take', with: ({ tasks }) => ({ sku: orValue(tasks.ask.output.by, '') }) });
  expect(small.workflow).toBe('small');
});

test('a client knows it too', () => {
  const calls = async (client: RepriseClient): Promise<void> => {
    const started = await client.run(small, { n: 1, kind: 'a' }, { key: 'k' });
    const ended = await client.wait(started);
    if (ended.status === 'succeeded') same<Same<typeof ended.output, OutputOf<typeof small>>>();
    else same<Same<typeof ended.output, null>>();
    const atOnce = await client.run(small, { n: 1, kind: 'a' }, { wait: {} });
    if (atOnce.status === 'succeeded') same<Same<typeof atOnce.output.sent, string>>();
    await client.workflows.apply(small);
    refused(
      // @ts-expect-error a field is missing
      () => client.run(small, { n: 1 }),
      // @ts-expect-error another type
      () => client.run(small, { n: '1', kind: 'a' }),
    );
  };
  expect(calls).toBeInstanceOf(Function);
});
