import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { Explaining } from '../../test/explaining.js';
import { type Database, DeadLetterStore, Gauges, SuccessStore } from '../index.js';

/** Runs of this week that have ended, each with a task; as many letters that are settled. */
const ENDED = 20_000;
/** Of each kind of what has not. */
const OPEN = 100;
/** For every statement, in rows and in pages: nothing that grows with what has ended. */
const MOST_ROWS = 10 * OPEN;
const MOST_PAGES = 1_000;

let db: TestDatabase;

/** The newest; what begins with the same kind is the same run in every table. */
const NOW_MS = systemClock.now();

const idOf = (kind: string): string =>
  `(lpad(to_hex(${NOW_MS}::bigint - g), 12, '0') || '7${kind}' || lpad(to_hex(g), 16, '0'))::uuid`;

async function insertRuns(kind: string, workflow: string, status: string, count: number): Promise<void> {
  const isEnded = status === 'succeeded';
  await db.query(
    `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at, ended_at)
     select ${idOf(kind)}, gen_random_uuid(), $1, $2, 'a', 'api', '{}', now(), case when $3 then now() end
     from generate_series(1, $4::int) as g`,
    [workflow, status, isEnded, count],
  );
}

/** A task of each of these runs; the later `g`, the longer it has been there. */
async function insertTasks(kind: string, count: number, columns: Readonly<Record<string, string>>): Promise<void> {
  const all = {
    created_at: 'now()',
    status: `'succeeded'`,
    queue: `'default'`,
    queued_at: `now() - g * interval '1 hour'`,
    ...columns,
  };
  await db.query(
    `insert into reprise.task (run_id, node, at, attempt, fence, input, ${Object.keys(all).join(', ')})
     select ${idOf(kind)}, 0, '', 1, 1, '{}', ${Object.values(all).join(', ')} from generate_series(1, $1::int) as g`,
    [count],
  );
}

async function insertLetters(count: number, columns: Readonly<Record<string, string>>): Promise<void> {
  const names = Object.keys(columns);
  await db.query(
    `insert into reprise.dead_letter (id, queue, reason, body, properties${names.map((name) => `, ${name}`).join('')})
     select gen_random_uuid(), 'trigger', 'not JSON', '', '{}'${names.map((name) => `, ${columns[name]}`).join('')}
     from generate_series(1, $1::int)`,
    [count],
  );
}

const WATCHED = { watch_at: `now() + interval '10 seconds'` };
const CLAIMED = { status: `'running'`, claim: 'gen_random_uuid()', lease_until: `now() + interval '15 seconds'` };

beforeAll(async () => {
  db = await TestDatabase.create();
  await insertRuns('0aa', 'ended', 'succeeded', ENDED);
  await insertTasks('0aa', ENDED, { ended_at: 'now()' });
  await insertLetters(ENDED, { state: `'discarded'`, settled_at: 'now()' });
  await insertLetters(OPEN, {});
  await insertLetters(3, { state: `'redriving'`, look_at: 'now()' });
  for (const [kind, status] of [
    ['0bb', 'queued'],
    ['0cc', 'paused'],
    ['0dd', 'running'],
  ] as const)
    await insertRuns(kind, `${status}-ones`, status, OPEN);
  await insertTasks('0cc', OPEN, { status: `'parked'`, parked_at: 'now()' });
  // Older than what waits, and in the hands of executors; or due later, under the same queue.
  await insertTasks('0dd', OPEN, { ...WATCHED, ...CLAIMED, queued_at: `now() - interval '1 year'` });
  await insertTasks('0ee', OPEN, { ...WATCHED, status: `'retrying'`, due_at: 'now()', queued_at: `now() - interval '1 year'` });
  const NO_QUEUE = `'{"reason":"hold","hold":"NO_QUEUE"}'`;
  await insertTasks('0ac', 3, {
    ...WATCHED,
    status: `'retrying'`,
    due_at: 'now()',
    queue: `'unheard'`,
    created_at: `now() - interval '2 hours'`,
    why: NO_QUEUE,
  });
  await insertTasks('0ff', OPEN, { ...WATCHED, status: `'ready'`, queue: `'queue-' || g % 5` });
  await insertTasks('0ab', 1, { ...WATCHED, status: `'ready'` });
});
afterAll(() => db.end());

async function readAll(database: Database): Promise<void> {
  const gauges = new Gauges(database);
  await gauges.openRuns();
  await gauges.parkedTasks();
  await gauges.waitingQueues();
  await gauges.lastSuccesses();
  await new DeadLetterStore(database).countOpen();
}

test('what the gauges read does not grow with what has ended, whatever the statistics say', async () => {
  for (const analyzed of [false, true]) {
    if (analyzed) await db.query('analyze');
    const explaining = new Explaining(db.database);
    await readAll(explaining as unknown as Database);
    const reads = Object.fromEntries(explaining.reads);
    expect(Object.keys(reads).sort()).toEqual([
      'count-dead-letters',
      'count-open-runs',
      'count-parked-tasks',
      'newest-successes',
      'waiting-queues',
    ]);
    const tooMany = [...explaining.reads].filter(([, rows]) => rows > MOST_ROWS);
    const tooLarge = [...explaining.pages].filter(([, pages]) => pages > MOST_PAGES);
    expect({ analyzed, tooMany, tooLarge }).toEqual({ analyzed, tooMany: [], tooLarge: [] });
  }
});

test('and what they say is what is there', async () => {
  const gauges = new Gauges(db.database);
  const runs = new Map((await gauges.openRuns()).map(({ status, runs: count }) => [status, count]));
  expect(Object.fromEntries(runs)).toEqual({ queued: OPEN, paused: OPEN, running: OPEN });
  expect(await gauges.parkedTasks()).toEqual([{ workflow: 'paused-ones', tasks: OPEN }]);
  expect(await new DeadLetterStore(db.database).countOpen()).toBe(OPEN);
  const waiting = await gauges.waitingQueues();
  const ages = new Map(waiting.map(({ queue, oldestAge }) => [queue, Math.floor(oldestAge / 3_600)]));
  const expected = { default: 1, 'queue-0': 100, 'queue-1': 96, 'queue-2': 97, 'queue-3': 98, 'queue-4': 99, unheard: 2 };
  expect(Object.fromEntries(ages)).toEqual(expected);
  const ready = new Map(waiting.map((row) => [row.queue, row.ready]));
  expect([ready.get('default'), ready.get('queue-0'), ready.get('unheard')]).toEqual([1, OPEN / 5, 0]);
  const few = await gauges.waitingQueues(1_000, 100, 3);
  expect(few.map((row) => row.ready).sort()).toEqual([0, 1, 3, 3, 3, 3, 3]);
  expect(waiting.filter(({ held }) => held > 0)).toMatchObject([{ queue: 'unheard', held: 3 }]);
});

test('what is parked in masses hides nothing that another workflow has parked since', async () => {
  const many = 1_500;
  await insertRuns('0fa', 'storm', 'running', many);
  await insertTasks('0fa', many, { status: `'parked'`, parked_at: `now() - g * interval '1 hour'` });
  const gauges = new Gauges(db.database);
  expect(await gauges.parkedTasks()).toEqual([
    { workflow: 'paused-ones', tasks: OPEN },
    { workflow: 'storm', tasks: many },
  ]);
  expect(await gauges.parkedTasks(3, 10)).toEqual([{ workflow: 'storm', tasks: 30 }]);
});

test('the last success of a workflow is known to the second, and goes with the workflow', async () => {
  const gauges = new Gauges(db.database);
  const record = (at: number) =>
    db.database.transaction((session) =>
      new SuccessStore(session).record([
        { workflow: 'nightly', at },
        { workflow: 'hourly', at: at - 60_000 },
        { workflow: 'nightly', at: at - 500 },
      ]),
    );
  const shown = async () => Object.fromEntries((await gauges.lastSuccesses()).map((row) => [row.workflow, row.succeededAt]));
  await record(1_000_000_000_000);
  expect(await shown()).toEqual({ nightly: 1_000_000_000, hourly: 999_999_940 });
  await record(1_000_000_000_900);
  expect(await shown()).toEqual({ nightly: 1_000_000_000, hourly: 999_999_940 });
  await record(1_000_000_001_500);
  expect(await shown()).toMatchObject({ nightly: 1_000_000_001.5 });
  // A run whose end was decided earlier and committed later.
  await record(999_999_999_000);
  expect(await shown()).toMatchObject({ nightly: 1_000_000_001.5 });
  await db.query(
    `with version as (insert into reprise.workflow (id, name, number, hash, document) values (gen_random_uuid(), 'nightly', 1, 'h', '{}') returning id)
     insert into reprise.workflow_name (name, current, archived_at) select 'nightly', id, now() from version`,
  );
  expect(Object.keys(await shown())).toEqual(['hourly']);
});
