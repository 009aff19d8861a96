import { describe, expect, test } from '@jest/globals';
import { fails, type People, takes, testWorkflow } from './index.js';

describe('people', () => {
  const SIGN_OFF = `
workflow: spending
tasks:
  ask:
    approval:
      subject: Spend \${{ input.amount }}?
      assignees: [ann, bob]
      form: { type: object, required: [account], properties: { account: { type: string } } }
      remind: { after: 1h, every: 1h, maximum: 2 }
      escalate: { after: 3h, to: [carla] }
      expire: { after: 2d, decision: rejected }
  pay: { needs: [ask], if: "tasks.ask.output.decision == 'approved'", call: pay, with: "\${{ tasks.ask.output.form.account }}" }
output: { by: "\${{ tasks.ask.output.by }}" }
`;
  const tester = (people?: People) =>
    testWorkflow(SIGN_OFF, { handlers: { pay: null }, ...(people === undefined ? {} : { people }) });

  test('are waited for, and no time passes meanwhile', async () => {
    const run = await tester().run({ amount: 7 });
    expect([run.status, run.took, run.waitingFor]).toEqual([
      'running',
      '1ms',
      [{ kind: 'approval', task: 'ask', subject: 'Spend 7?', assignees: ['ann', 'bob'], until: '2026-01-03T00:00:00.000Z' }],
    ]);
  });

  test('approve and reject', async () => {
    const run = await tester().run({ amount: 7 });
    await run.approve('ask', { by: 'bob', form: { account: 'x' } });
    expect([run.status, run.output, run.calls('pay')[0]?.input]).toEqual(['succeeded', { by: 'bob' }, 'x']);
    const refused = await tester().run({ amount: 7 });
    await refused.reject('ask', { by: 'ann', comment: 'no' });
    expect([refused.status, refused.calls()]).toEqual(['succeeded', []]);
  });

  test('may not do what they may not do', async () => {
    const run = await tester().run({ amount: 7 });
    await expect(run.approve('ask', { by: 'carla', form: { account: 'x' } })).rejects.toThrow(
      'carla may not decide about "ask"; who may: ann, bob',
    );
    await expect(run.approve('ask', { by: 'ann', form: { account: 7 } })).rejects.toThrow('the form does not fit');
    await expect(run.approve('ask', { by: 'ann' })).rejects.toThrow('the form does not fit');
    await expect(run.approve('pay', { by: 'ann' })).rejects.toThrow('nobody can decide about "pay": nobody has been asked yet');
    await run.reject('ask', { by: 'ann' });
    await expect(run.approve('ask', { by: 'bob' })).rejects.toThrow('nobody can decide about "ask": it is decided');
  });

  test('are reminded and joined by others as time passes, and then it is too late', async () => {
    const run = await tester().run({ amount: 7 });
    await run.advance('4h');
    expect(run.waitingFor).toMatchObject([{ kind: 'approval', assignees: ['ann', 'bob', 'carla'] }]);
    expect(run.timeline.flatMap(({ what, text }) => (what === 'told' ? [text] : []))).toEqual([
      'asks ann, bob: Spend 7?',
      'reminds them, for the 1. time',
      'reminds them, for the 2. time',
      'asks carla too',
    ]);
    await run.toEnd();
    expect([run.status, run.output]).toEqual(['succeeded', { by: null }]);
    expect(run.tookMs).toBeGreaterThanOrEqual(2 * 24 * 3_600_000);
  });

  test('answer by themselves where the test says so', async () => {
    const people: People = { ask: { by: 'ann', decision: 'approved', form: { account: 'x' }, after: '20m' } };
    const run = await tester(people).run({ amount: 7 });
    expect([run.status, run.output]).toEqual(['succeeded', { by: 'ann' }]);
    expect(run.tookMs).toBeGreaterThanOrEqual(20 * 60_000);
    const late: People = ({ told }) =>
      told === 'escalated' ? { by: 'carla', decision: 'approved', form: { account: 'y' } } : null;
    const waited = await tester(late).run({ amount: 7 });
    expect(waited.waitingFor).toHaveLength(1);
    await waited.advance('4h');
    expect([waited.status, waited.output]).toEqual(['succeeded', { by: 'carla' }]);
  });
});

describe('events', () => {
  const PAID = `
workflow: orders
tasks:
  a: { call: prepare }
  paid: { needs: [a], waitFor: { event: order.paid, match: event.data.order, key: "\${{ input.order }}", timeout: 14d } }
  told: { needs: [paid], emit: { type: order.done, subject: "\${{ input.order }}", data: { cents: "\${{ tasks.paid.output.data.cents }}" } } }
`;
  const tester = testWorkflow(PAID, { handlers: { prepare: takes('1m', null) } });
  const paid = (order: string) => ({ type: 'order.paid', data: { order, cents: 5 } });

  test('are waited for by their key', async () => {
    const run = await tester.run({ order: 'o1' });
    expect(run.waitingFor).toEqual([
      { kind: 'event', task: 'paid', event: 'order.paid', key: 'o1', until: expect.stringMatching(/^2026-01-15T00:01:00/) },
    ]);
    await run.publish(paid('o2'), { type: 'other', data: null });
    expect(run.status).toBe('running');
    await run.publish(paid('o1'));
    expect(run.status).toBe('succeeded');
    expect(run.emitted).toMatchObject([{ type: 'order.done', subject: 'o1', data: { cents: 5 } }]);
  });

  test('may come before anybody waits for them', async () => {
    const run = await tester.start({ order: 'o1' });
    await run.advance('10s');
    await run.publish(paid('o1'));
    expect([run.status, run.took]).toEqual(['succeeded', expect.stringMatching(/^1m0\.0/)]);
  });

  test('may be meant for one run, whatever its waits match by', async () => {
    const run = await tester.run({ order: 'o1' });
    await run.deliver(paid('another'));
    expect(run.status).toBe('succeeded');
  });

  test('that never come end a wait with its timeout', async () => {
    const run = await (await tester.run({ order: 'o1' })).toEnd();
    expect(run.error).toMatchObject({ code: 'TIMEOUT', task: 'paid', details: { kind: 'wait' } });
    expect(run.tookMs).toBeGreaterThanOrEqual(14 * 24 * 3_600_000);
  });

  test('that never come, where nobody set an end to it, leave the run and its parent as they are', async () => {
    const hears = 'workflow: hears\ntasks: { a: { waitFor: { event: hello } } }';
    const alone = await (await testWorkflow(hears).run()).toEnd();
    expect([alone.status, alone.waitingFor]).toMatchObject(['running', [{ kind: 'event', task: 'a', until: null }]]);
    const parent = testWorkflow('workflow: w\ntasks: { a: { workflow: hears }, b: { sleep: 3d } }', { children: { hears } });
    const run = await (await parent.run()).toEnd();
    expect([run.status, run.waitingFor, run.task('b').status]).toMatchObject([
      'running',
      [{ kind: 'run', task: 'a' }],
      'succeeded',
    ]);
  });

  test('are told what they start', () => {
    const starts = testWorkflow(`
workflow: orders
on:
  - { event: order.placed, if: event.data.total > 0, key: event.data.id, input: { order: "\${{ event.data.id }}" } }
  - { event: "order.*", source: shop }
tasks: { a: { transform: 1 } }
`).starts({ type: 'order.placed', data: { id: 'o1', total: 3 } });
    expect(starts).toEqual([{ input: { order: 'o1' }, key: 'o1', unmatched: null }]);
    const none = testWorkflow('workflow: w\non: [{ event: e, if: event.data.ok }]\ntasks: { a: { transform: 1 } }');
    expect(none.starts({ type: 'e', data: { ok: false } })).toMatchObject([{ unmatched: 'if: event.data.ok is false' }]);
    expect(none.starts({ type: 'f' })).toEqual([]);
  });
});

describe('child runs', () => {
  const PARENT = `
workflow: parent
tasks:
  ship: { workflow: shipping, with: { order: "\${{ input.order }}" }, onError: continue }
  bill: { workflow: billing@2.0.0, with: 7 }
output: { shipped: "\${{ tasks.ship.output }}", bill: "\${{ tasks.bill.output }}" }
`;
  const SHIPPING = `
workflow: shipping
input: { type: object, required: [order], properties: { order: { type: string } } }
tasks:
  - { id: pack, call: pack, with: "\${{ input.order }}" }
  - { id: picked, waitFor: { event: courier.came, match: event.data, key: "\${{ input.order }}" } }
  - { id: said, emit: { type: shipped, data: "\${{ input.order }}" } }
output: { parcel: "\${{ tasks.pack.output }}" }
`;
  const tester = testWorkflow(PARENT, {
    handlers: { pack: takes('5m', 'p1') },
    children: {
      shipping: SHIPPING,
      'billing@2.0.0': (input: number, child) => {
        child.takes('1h');
        return { of: input, task: child.task };
      },
    },
  });

  test('are played from their documents, in the same time, and mocked ones end as the mock says', async () => {
    const run = await tester.run({ order: 'o1' });
    expect(run.waitingFor).toEqual([{ kind: 'run', task: 'ship', workflow: 'shipping' }]);
    expect(run.took).toMatch(/^1h/);
    const child = run.child('ship');
    expect(child.waitingFor).toMatchObject([{ kind: 'event', task: 'picked', key: 'o1' }]);
    await run.publish({ type: 'courier.came', data: 'o1' });
    expect([run.status, run.output]).toEqual(['succeeded', { shipped: { parcel: 'p1' }, bill: { of: 7, task: 'bill' } }]);
    expect(child.emitted).toMatchObject([{ type: 'shipped', data: 'o1' }]);
    expect(
      run.children.map(({ task, workflow, version, input, run: of }) => [task, workflow, version, input, of?.status]),
    ).toEqual([
      ['ship', 'shipping', null, { order: 'o1' }, 'succeeded'],
      ['bill', 'billing', '2.0.0', 7, undefined],
    ]);
    expect(() => run.child('bill')).toThrow('task "bill" is played by a mock');
  });

  test('are cancelled with their parent', async () => {
    const run = await tester.run({ order: 'o1' });
    await run.cancel();
    expect([run.status, run.child('ship').status, run.child('ship').task('picked').status]).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
  });

  test('that cannot start, fail or are not given', async () => {
    const children = { shipping: SHIPPING, billing: fails('RED', { message: 'no' }) };
    const run = await testWorkflow(PARENT, { handlers: { pack: 1 }, children }).run({ order: 7 });
    expect(run.task('ship').error).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('does not fit shipping'),
    });
    expect(run.error).toMatchObject({ code: 'RED', task: 'bill' });
    await expect(testWorkflow(PARENT).run({ order: 'o1' })).rejects.toThrow(
      'task "ship" starts the workflow "shipping", which this test does not have; give it its document or a mock',
    );
    const asynchronous = { shipping: SHIPPING, billing: async () => 1 };
    await expect(testWorkflow(PARENT, { handlers: { pack: 1 }, children: asynchronous }).run({ order: 'o1' })).rejects.toThrow(
      'is asynchronous',
    );
  });

  test('that start themselves come to an end', async () => {
    const document = 'workflow: w\ntasks: { a: { workflow: w } }';
    const run = await testWorkflow(document, { children: { w: document } }).run();
    expect([run.status, run.error]).toEqual(['failed', expect.objectContaining({ code: 'TREE_TOO_DEEP' })]);
  });

  test('hear what others publish', async () => {
    const document = `
workflow: both
tasks:
  hears: { workflow: hears }
  says: { needs: [wait], emit: { type: hello, data: 1 } }
  wait: { sleep: 1m }
`;
    const hears = 'workflow: hears\ntasks: { a: { waitFor: { event: hello } } }\noutput: "${{ tasks.a.output.data }}"';
    const run = await testWorkflow(document, { children: { hears } }).run();
    expect([run.status, run.task('hears').output]).toEqual(['succeeded', 1]);
  });
});
