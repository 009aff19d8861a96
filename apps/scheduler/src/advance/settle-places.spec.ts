import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeInbox, type InboxItem } from '@reprise/contracts';
import { claimId, fence, type RunId, versionId } from '@reprise/core';
import { startCounted } from '../../test/queued-runs.js';
import { reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';
import type { Advanced } from './advanced.js';

const JOB = 'workflow: job\nconcurrency: {}\ntimeout: 1h\ntasks: { a: { call: x.a, retry: { maximumAttempts: 1 } } }';
let scheduler: SchedulerUnderTest;

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
beforeEach(() => scheduler.db.query('truncate reprise.slot, reprise.notice, reprise.command, reprise.tree'));
afterAll(() => scheduler.end());

const toldTo = (advanced: readonly Advanced[]): readonly InboxItem[] =>
  advanced.flatMap(({ outgoing }) =>
    outgoing.flatMap(({ exchange, body }) => {
      const decoded = exchange === scheduler.topology.inbox ? decodeInbox(Buffer.from(body)) : null;
      return decoded?.kind === 'ok' ? decoded.value : [];
    }),
  );
const version = versionId('018f3c2e-0000-7000-8000-00000000000a');
const look = (run: RunId): InboxItem => ({ kind: 'look', run, version });
const slots = () =>
  scheduler.db.query<{ run_id: RunId; state: string }>('select run_id, state from reprise.slot order by number');
const statusOf = async (run: RunId | undefined) => (run === undefined ? null : (await scheduler.run(run)).status);
async function end(advanced: readonly Advanced[]): Promise<readonly Advanced[]> {
  const working = await scheduler.claim(ticketsOf(advanced));
  return scheduler.advance(working.map((each) => reported(each, succeeded())));
}

describe('a run that ends gives its place to the one that has waited longest', () => {
  test('which is told by a row and a message, begins when it looks, and waits for nobody else', async () => {
    const { begun, queued } = await startCounted(scheduler, JOB, 3);
    const working = await scheduler.claimOne(begun.flatMap(({ tickets }) => tickets));
    const ended = await scheduler.advance([reported(working, succeeded())]);
    expect(await slots()).toEqual([
      { run_id: queued[0], state: 'held' },
      { run_id: queued[1], state: 'waiting' },
    ]);
    expect(toldTo(ended)).toEqual([expect.objectContaining({ kind: 'look', run: queued[0] })]);
    expect(await scheduler.db.query('select run_id, node from reprise.notice')).toEqual([{ run_id: queued[0], node: -1 }]);
    const advanced = await scheduler.advance(toldTo(ended));
    expect(await scheduler.db.query('select run_id from reprise.notice')).toEqual([]);
    const [row] = await scheduler.db.query(
      `select status, labels, due_at - started_at as rest, started_at > created_at as later from reprise.run where id = $1`,
      [queued[0]],
    );
    expect(row).toMatchObject({ status: 'running', labels: { of: 'queue' }, rest: { hours: 1 }, later: true });
    expect(ticketsOf(advanced)).toHaveLength(1);
    expect(await statusOf(queued[1])).toBe('queued');
  });

  test.each<[string, (run: RunId, advance: SchedulerUnderTest) => Promise<unknown>]>([
    ['fails', async (run) => scheduler.runs.abort(run, 'poison')],
    [
      'is cancelled',
      async (run) => {
        await scheduler.db.query(
          `insert into reprise.command (id, run_id, kind, payload) values (gen_random_uuid(), $1, 'cancel', '{}')`,
          [run],
        );
        return scheduler.advance([look(run)]);
      },
    ],
    [
      'times out',
      async (run) => {
        await scheduler.db.query(`update reprise.run set due_at = now() - interval '1 second' where id = $1`, [run]);
        return scheduler.advance([look(run)]);
      },
    ],
  ])('also when it %s', async (_, finish) => {
    const { begun, queued } = await startCounted(scheduler, JOB, 2);
    const [first] = begun;
    if (first !== undefined) await finish(first.run, scheduler);
    expect(await slots()).toEqual([{ run_id: queued[0], state: 'held' }]);
  });

  test('also when it was cancelled while it waited: those behind it move up', async () => {
    const { begun, queued } = await startCounted(scheduler, JOB, 4);
    for (const run of queued.slice(0, 2)) {
      await scheduler.db.query(
        `insert into reprise.command (id, run_id, kind, payload) values (gen_random_uuid(), $1, 'cancel', '{}')`,
        [run],
      );
      await scheduler.advance([look(run)]);
    }
    expect(await statusOf(queued[0])).toBe('cancelled');
    expect((await slots()).map(({ run_id }) => run_id)).toEqual([begun[0]?.run, queued[2]]);
  });

  test('every one of them, in order, however many end at once', async () => {
    const { begun, queued } = await startCounted(scheduler, JOB.replace('{}', '{ limit: 5 }'), 12);
    const working = await scheduler.claim(begun.flatMap(({ tickets }) => tickets));
    const halves = [working.slice(0, 3), working.slice(3)];
    await Promise.all(halves.map((some) => scheduler.advance(some.map((each) => reported(each, succeeded())))));
    const held = (await slots()).filter(({ state }) => state === 'held').map(({ run_id }) => run_id);
    expect(held).toEqual(queued.slice(0, 5));
  });

  test('one after the other until nobody waits: never two at once', async () => {
    const { begun, queued } = await startCounted(scheduler, JOB, 6);
    let working = await scheduler.claim(begun.flatMap(({ tickets }) => tickets));
    for (const next of queued) {
      const ended = await scheduler.advance(working.map((each) => reported(each, succeeded())));
      const open = await scheduler.db.query(
        `select id from reprise.run where status = 'running' and workflow = 'job' and id = any($1)`,
        [queued],
      );
      expect(open).toEqual([]);
      const advanced = await scheduler.advance([...toldTo(ended), look(next)]);
      expect(await statusOf(next)).toBe('running');
      working = await scheduler.claim(ticketsOf(advanced));
    }
    await scheduler.advance(working.map((each) => reported(each, succeeded())));
    expect(await slots()).toEqual([]);
  });
});

test('a queued run that is looked at too early goes on waiting; one that nobody counts need not', async () => {
  const { queued } = await startCounted(scheduler, JOB, 3);
  await scheduler.advance(queued.map(look));
  expect(await Promise.all(queued.map(statusOf))).toEqual(['queued', 'queued']);
  await scheduler.db.query('delete from reprise.slot where run_id = $1', [queued[1]]);
  await scheduler.advance(queued.map(look));
  expect(await Promise.all(queued.map(statusOf))).toEqual(['queued', 'running']);
});

test('a failed run that is taken up again takes its place at once: it was asked for by a person', async () => {
  const { begun, queued } = await startCounted(scheduler, JOB, 2);
  const [first] = begun;
  if (first === undefined) throw new Error('nothing has begun');
  const [working] = await scheduler.claim(first.tickets);
  const error = { code: 'BROKEN', message: 'm' };
  if (working !== undefined)
    await scheduler.advance([reported(working, { kind: 'failed', error, retryable: false, retryAfterMs: null })]);
  expect(await statusOf(first.run)).toBe('failed');
  await scheduler.db.query(
    `insert into reprise.command (id, run_id, kind, payload) values (gen_random_uuid(), $1, 'retry-run', '{}')`,
    [first.run],
  );
  const again = await scheduler.advance([look(first.run)]);
  expect(await slots()).toEqual([
    { run_id: queued[0], state: 'held' },
    { run_id: first.run, state: 'held' },
  ]);
  await end(again);
  expect(await slots()).toEqual([{ run_id: queued[0], state: 'held' }]);
});

test('a tree is forgotten when the run at its top has ended', async () => {
  const { run } = await scheduler.start('workflow: top\ntasks: { a: { workflow: nobody } }');
  await scheduler.db.query('insert into reprise.tree (root_id, runs) values ($1, 3), (gen_random_uuid(), 1)', [run]);
  const error = { code: 'NO_WORKFLOW', message: 'there is none' };
  await scheduler.advance([{ kind: 'refused', run, version, node: 0, at: '', fence: fence(1), error }]);
  expect(await scheduler.run(run)).toMatchObject({ status: 'failed' });
  expect(await scheduler.db.query('select runs from reprise.tree')).toEqual([{ runs: 1 }]);
});

describe('a task and the run that it waits for', () => {
  const PARENT = 'workflow: parent\ntasks: { a: { workflow: child } }\noutput: "${{ tasks.a.output }}"';
  const CHILD = 'workflow: child\ntasks: { a: { call: x.a, retry: { maximumAttempts: 1 } } }\noutput: "${{ tasks.a.output }}"';

  /** The child as the trigger starts it. */
  async function family() {
    const parent = await scheduler.start(PARENT);
    const child = await scheduler.start(CHILD);
    const [row] = await scheduler.db.query<{ version: string }>('select workflow_id as version from reprise.run where id = $1', [
      parent.run,
    ]);
    const origin = {
      scheduledFor: null,
      startedBy: null,
      hops: 0,
      depth: 1,
      root: parent.run,
      parent: { run: parent.run, version: row?.version, node: 0, at: '', fence: 1 },
    };
    await scheduler.db.query('update reprise.run set origin = $2, parent_id = $3 where id = $1', [
      child.run,
      JSON.stringify(origin),
      parent.run,
    ]);
    await scheduler.db.query(
      `update reprise.task set progress = jsonb_set(progress::jsonb, '{run}', to_jsonb($2::text))::json where run_id = $1`,
      [parent.run, child.run],
    );
    return { parent: parent.run, child: child.run, working: await scheduler.claimOne(child.tickets) };
  }
  const cancel = (run: RunId) =>
    scheduler.db.query(
      `insert into reprise.command (id, run_id, kind, payload) values (gen_random_uuid(), $1, 'cancel', '{"reason": "enough"}')`,
      [run],
    );

  test('the end is told to the task, which takes the output; once told it is announced', async () => {
    const { parent, child, working } = await family();
    const ended = await scheduler.advance([reported(working, succeeded({ n: 1 }))]);
    const [wake] = toldTo(ended);
    expect(wake).toMatchObject({ kind: 'wake', run: parent, node: 0, at: '', fence: 1 });
    const advanced = await scheduler.advance(toldTo(ended));
    expect(toldTo(advanced)).toEqual([]);
    expect(await scheduler.run(parent)).toMatchObject({ status: 'succeeded', output: '{"n":1}' });
    expect(await statusOf(child)).toBe('succeeded');
  });

  test('a look at the ended run tells the task again', async () => {
    const { parent, child, working } = await family();
    await scheduler.advance([reported(working, succeeded())]);
    expect(toldTo(await scheduler.advance([look(child)]))).toEqual([expect.objectContaining({ kind: 'wake', run: parent })]);
  });

  test('cancel goes down by a row, once, and the parent ends when the child has', async () => {
    const { parent, child, working } = await family();
    await cancel(parent);
    const asked = await scheduler.advance([look(parent)]);
    expect(await statusOf(parent)).toBe('running');
    expect(toldTo(asked)).toEqual([expect.objectContaining({ kind: 'look', run: child })]);
    await scheduler.advance([{ kind: 'wake', run: parent, version, node: 0, at: '', fence: fence(1) }]);
    const commands = await scheduler.db.query('select id, payload from reprise.command where run_id = $1', [child]);
    expect(commands).toEqual([
      { id: child, payload: { reason: `run ${parent} of parent, which waits for it, asks it to stop` } },
    ]);
    await scheduler.advance(toldTo(asked));
    const ended = await scheduler.advance([reported(working, { kind: 'cancelled' })]);
    expect(await statusOf(child)).toBe('cancelled');
    await scheduler.advance(toldTo(ended));
    expect(await statusOf(parent)).toBe('cancelled');
  });

  test('a cancel of the parent and the end of the child at one moment leave both ended, and nothing asked of a run that has', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { parent, child, working } = await family();
      await cancel(parent);
      const both = await Promise.all([scheduler.advance([look(parent)]), scheduler.advance([reported(working, succeeded())])]);
      // Whatever was told is acted on, in the order it came.
      for (const item of both.flatMap(toldTo)) await scheduler.advance([item]);
      expect([await statusOf(parent), await statusOf(child)]).toEqual(['cancelled', 'succeeded']);
      const open = await scheduler.db.query('select 1 from reprise.task where run_id = $1 and ended_at is null', [parent]);
      expect(open).toEqual([]);
    }
  });

  test('a child that was never started is not asked to stop, and holds nobody up', async () => {
    const parent = await scheduler.start(PARENT);
    await cancel(parent.run);
    expect(toldTo(await scheduler.advance([look(parent.run)]))).toEqual([]);
    expect(await statusOf(parent.run)).toBe('cancelled');
    expect(await scheduler.db.query(`select id from reprise.command where applied_at is null`)).toEqual([]);
  });

  test('a claim of the child under a foreign id changes nothing for the parent', async () => {
    const { parent, working } = await family();
    const foreign = { ...working, claimed: { ...working.claimed, claim: claimId('00000000-0000-4000-8000-000000000009') } };
    await scheduler.advance([reported(foreign, succeeded())]);
    expect(await statusOf(parent)).toBe('running');
  });
});
