import { describe, expect, test } from '@jest/globals';
import { fence } from '@reprise/core';
import { StartsUnderTest } from '../../test/starts-under-test.js';

const SHIPPING = `workflow: shipping
input: { type: object, required: [order], properties: { order: { type: number } } }
tasks: { pack: { call: shop.pack } }`;
const ORDER = 'workflow: order\ntasks: { ship: { workflow: shipping, with: { order: "${{ input.id }}" } } }';
const WIDE =
  'workflow: wide\ntasks: { all: { forEach: { in: "${{ input.list }}", parallel: 100 }, workflow: shipping, with: { order: "${{ each.value }}" } } }';
const list = (length: number) => ({ list: Array.from({ length }, (_, index) => index) });

interface ChildRow {
  readonly id: string;
  readonly status: string;
  readonly trigger: string;
  readonly parent_id: string;
  readonly origin: string;
  readonly input: string;
}
const CHILD = 'id, status, trigger, parent_id, origin, input';

describe('a task that waits for a run gets it', () => {
  test('with its input, its id, its place in the tree, and first attempts that are told', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(SHIPPING);
    const { run, asked } = await starts.parent(ORDER, { id: 7 });
    await starts.ask(asked);
    const [child, ...more] = await starts.runs<ChildRow>(CHILD, 'shipping');
    expect(more).toEqual([]);
    expect(child).toMatchObject({ status: 'running', trigger: 'parent', parent_id: run, input: '{"order":7}' });
    expect(JSON.parse(child?.origin ?? '')).toMatchObject({ depth: 1, root: run, hops: 0, parent: asked[0] });
    const [waiting] = await starts.db.query(`select progress ->> 'run' as child from reprise.task where run_id = $1`, [run]);
    expect(waiting).toEqual({ child: child?.id });
    expect(starts.told.filter(({ tickets }) => tickets?.[0]?.run === child?.id)).toHaveLength(1);
  });

  test('once, however often, by however many triggers, and in whatever batches it is asked for', async () => {
    await using starts = await StartsUnderTest.create(3);
    await starts.register(SHIPPING);
    const { asked } = await starts.parent(WIDE, list(40));
    const halves = [asked.slice(0, 25), asked.slice(15)];
    await Promise.all(
      [0, 1, 2].flatMap((trigger) => [...halves, asked, [...asked].reverse()].map((some) => starts.ask(some, { trigger }))),
    );
    await starts.ask([...asked, ...asked]);
    expect(await starts.runs('id', 'shipping')).toHaveLength(40);
    expect(starts.told.filter(({ tickets }) => tickets !== undefined)).toHaveLength(40);
    const [tree] = await starts.db.query('select runs from reprise.tree');
    expect([starts.refusals, tree]).toEqual([[], { runs: 41 }]);
  });

  test('under a limit that lets no run of its own workflow wait for itself: depth and tree are counted', async () => {
    await using starts = await StartsUnderTest.create(1, { REPRISE_MAX_TREE_RUNS: '6' });
    await starts.register(SHIPPING);
    const { asked } = await starts.parent(WIDE, list(8));
    await starts.ask(asked.slice(0, 3));
    await starts.ask(asked);
    expect(await starts.runs('id', 'shipping')).toHaveLength(5);
    expect(starts.refusals.map(({ code }) => code)).toEqual(['TREE_TOO_LARGE', 'TREE_TOO_LARGE', 'TREE_TOO_LARGE']);
    expect(await starts.db.query('select runs from reprise.tree')).toEqual([{ runs: 6 }]);
  });
});

describe('a task that waits for a run hears why there is none', () => {
  test.each([
    ['a workflow that nobody knows', 'workflow: nobody', 'NO_WORKFLOW', 'there is no workflow nobody'],
    ['a version that is not there', 'workflow: shipping@9.9.9', 'NO_WORKFLOW', 'workflow shipping has no version 9.9.9'],
    ['an archived workflow', 'workflow: old', 'NO_WORKFLOW', 'workflow old is archived'],
    [
      'an input that its schema refuses',
      'workflow: shipping, with: { order: x }',
      'INVALID_INPUT',
      'the input does not fit shipping: ',
    ],
    [
      'a concurrency key that cannot be rendered',
      'workflow: keyed, with: {}',
      'INVALID_INPUT',
      'the input does not fit keyed: concurrency.key: ',
    ],
  ])('%s', async (_, task, code, message) => {
    await using starts = await StartsUnderTest.create();
    await starts.register(
      SHIPPING,
      'workflow: old\ntasks: { a: { sleep: 1h } }',
      'workflow: keyed\nconcurrency: { key: input.none }\ntasks: { a: { sleep: 1h } }',
    );
    await starts.db.query(`update reprise.workflow_name set archived_at = now() where name = 'old'`);
    const { asked } = await starts.parent(`workflow: order\ntasks: { ship: { ${task} } }`);
    await starts.ask(asked);
    expect(starts.refusals).toEqual([expect.objectContaining({ code, message: expect.stringContaining(message) })]);
  });

  test('a tree that is too deep, which a workflow that starts itself has soon', async () => {
    await using starts = await StartsUnderTest.create();
    const { run, asked } = await starts.parent('workflow: self\ntasks: { again: { workflow: self } }');
    await starts.db.query(`update reprise.run set origin = $2 where id = $1`, [
      run,
      JSON.stringify({ scheduledFor: null, startedBy: null, hops: 0, depth: 16, root: run, parent: null }),
    ]);
    await starts.ask(asked);
    expect(starts.refusals).toEqual([expect.objectContaining({ code: 'TREE_TOO_DEEP', details: { limit: 16 } })]);
  });

  test('a ledger that refuses it, alone: the others of its batch are started', async () => {
    await using starts = await StartsUnderTest.create();
    await starts.register(SHIPPING);
    const { asked } = await starts.parent(WIDE, list(3));
    await starts.db.query(
      `create function reprise.refuse_one() returns trigger language plpgsql as
       $$ begin if new.input::text = '{"order":1}' then raise 'not this one' using errcode = '22000'; end if; return new; end $$;
       create trigger refuse before insert on reprise.run for each row execute function reprise.refuse_one()`,
    );
    await starts.ask(asked);
    expect(await starts.runs('id', 'shipping')).toHaveLength(2);
    expect(starts.refusals).toEqual([
      expect.objectContaining({ code: 'INTERNAL', message: expect.stringContaining('not this one') }),
    ]);
  });
});

describe('nobody is started for a task that has stopped waiting', () => {
  test.each([
    ['it has ended', `update reprise.task set status = 'cancelled', ended_at = now() where run_id = $1`],
    ['it is asked to stop', 'update reprise.task set cancelling = true where run_id = $1'],
    ['it waits under another fence', 'update reprise.task set fence = fence + 1 where run_id = $1'],
  ])('%s', async (_, change) => {
    await using starts = await StartsUnderTest.create();
    await starts.register(SHIPPING);
    const { run, asked } = await starts.parent(ORDER, { id: 1 });
    await starts.db.query(change, [run]);
    await starts.ask(asked);
    expect([await starts.runs('id', 'shipping'), starts.told]).toEqual([[], []]);
  });

  test('nor for one that there is not, or that waits for something else', async () => {
    await using starts = await StartsUnderTest.create();
    const { asked } = await starts.parent('workflow: order\ntasks: { ship: { workflow: order }, nap: { sleep: 1h } }');
    const [child] = asked;
    if (child === undefined) throw new Error('nothing is asked for');
    await starts.ask([
      { ...child, node: 9 },
      { ...child, node: 1, fence: fence(1) },
      { ...child, at: '3' },
    ]);
    expect([await starts.runs('id', 'order'), starts.told]).toEqual([[{ id: child.run }], []]);
  });
});

test('a start that is delivered again lets the child tell again what it has in flight: its first receiver may have died', async () => {
  await using starts = await StartsUnderTest.create();
  await starts.register(SHIPPING);
  const { asked } = await starts.parent(ORDER, { id: 1 });
  await starts.ask(asked);
  const [child] = await starts.runs<ChildRow>(CHILD, 'shipping');
  await starts.ask(asked, { redelivered: true });
  expect(starts.inbox).toEqual([expect.objectContaining({ kind: 'recover', run: child?.id })]);
});
