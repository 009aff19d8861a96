import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Alarm, decodeAlarm, type InboxItem } from '@reprise/contracts';
import type { RunId } from '@reprise/core';
import { reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';
import type { Advanced } from './advanced.js';

let scheduler: SchedulerUnderTest;

beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

const alarmsOf = (advanced: readonly Advanced[]): readonly Alarm[] =>
  advanced.flatMap(({ outgoing }) =>
    outgoing.flatMap(({ body }) => {
      const decoded = body.includes('"alarms"') ? decodeAlarm(Buffer.from(body)) : null;
      return decoded?.kind === 'ok' ? [decoded.value] : [];
    }),
  );
const wakeOf = ({ run, version, node, at, fence }: Alarm): InboxItem => ({ kind: 'wake', run, version, node, at, fence });

/** First tasks wait for the scheduler: a trigger does not see the windows. */
async function start(document: string): Promise<{ readonly run: RunId; readonly first: readonly InboxItem[] }> {
  const { run, tickets } = await scheduler.start(document);
  expect(tickets).toEqual([]);
  const rows = await scheduler.db.query<{ node: number; at: string; fence: string; version: string }>(
    `select t.node, t.at, t.fence, r.workflow_id as version from reprise.task t join reprise.run r on r.id = t.run_id
     where run_id = $1 and t.status = 'retrying' order by node, at`,
    [run],
  );
  const first = rows.map(
    ({ node, at, fence, version }) => ({ kind: 'wake', run, version, node, at, fence: Number(fence) }) as InboxItem,
  );
  return { run, first };
}

/** Rings every alarm when it is due, by two lanes that do not wait for each other, until none is left. */
async function ringOut(first: readonly (readonly InboxItem[])[]): Promise<void> {
  let open = 0;
  await new Promise<void>((resolve, reject) => {
    const ring = (items: readonly InboxItem[], afterMs: number): void => {
      open += 1;
      setTimeout(() => {
        scheduler.advance(items).then((advanced) => {
          for (const alarm of alarmsOf(advanced)) ring([wakeOf(alarm)], Math.max(0, alarm.dueAt - Date.now()) + 3);
          open -= 1;
          if (open === 0) resolve();
        }, reject);
      }, afterMs);
    };
    for (const items of first) ring(items, 0);
  });
}

const most = (starts: readonly number[], perMs: number): number =>
  Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + perMs).length));

test('of a hundred attempts of four runs no more than ten start in any second, to the millisecond, and all of them start', async () => {
  const document = (run: number) =>
    `workflow: crawl-${run}\ntasks: { all: { forEach: [${Array.from({ length: 25 }, (_, index) => index).join(', ')}], call: web.get, rateLimit: { key: '"site"', max: 10, per: 1s } } }`;
  const runs = await Promise.all([1, 2, 3, 4].map((run) => start(document(run))));
  await ringOut(runs.map(({ first }) => first));
  const rows = await scheduler.db.query<{ queued_at: number; status: string }>(
    `select reprise.ms(queued_at) as queued_at, status from reprise.task where run_id = any($1) and at <> '' order by queued_at`,
    [runs.map(({ run }) => run)],
  );
  expect(rows.map(({ status }) => status)).toEqual(Array(100).fill('ready'));
  const starts = rows.map((row) => row.queued_at);
  expect(most(starts, 1_000)).toBe(10);
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThanOrEqual(9_000);
});

test('an attempt that waits says why, and when it comes', async () => {
  const { run, first } = await start(
    'workflow: slow\ntasks: { all: { forEach: [1, 2], call: slow.call, rateLimit: { max: 1, per: 1h } } }',
  );
  const advanced = await scheduler.advance(first);
  expect(ticketsOf(advanced)).toHaveLength(1);
  const [row] = await scheduler.db.query<{ why: string; rest: number }>(
    `select why, extract(epoch from due_at - now())::float8 as rest from reprise.task where run_id = $1 and status = 'retrying'`,
    [run],
  );
  expect(JSON.parse(row?.why ?? '')).toMatchObject({ reason: 'hold', hold: 'RATE_LIMIT', holds: 1, before: null });
  expect(row?.rest).toBeGreaterThan(3_000);
});

test('a batch that is not committed has taken no start', async () => {
  const { first } = await start('workflow: torn\ntasks: { a: { call: torn.call, rateLimit: { max: 1, per: 1h } } }');
  await scheduler.db.query(
    `create function reprise.refuse_ready() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
     create trigger refuse before update on reprise.task for each row when (new.status = 'ready') execute function reprise.refuse_ready()`,
  );
  await expect(scheduler.advance(first)).rejects.toThrow();
  await scheduler.db.query('drop trigger refuse on reprise.task');
  expect(ticketsOf(await scheduler.advance(first))).toHaveLength(1);
});

test('a decision that is taken twice, because it is asked to recover as well, takes one start', async () => {
  const { run, first } = await start(
    'workflow: twice\ntasks: { all: { forEach: [1, 2], call: twice.call, rateLimit: { max: 2, per: 1h } } }',
  );
  const [one, two] = first;
  const stale = { ...one, fence: 0 } as InboxItem;
  if (one === undefined || two === undefined) throw new Error('nothing waits');
  const advanced = await scheduler.advance([stale, one], true);
  const [working] = await scheduler.claim(ticketsOf(advanced));
  expect(ticketsOf(await scheduler.advance([two]))).toHaveLength(1);
  if (working !== undefined) await scheduler.advance([reported(working, succeeded())]);
  expect(await scheduler.run(run)).toMatchObject({ status: 'running' });
});

test('calls without a limit ask for nothing', async () => {
  const { tickets } = await scheduler.start('workflow: free\ntasks: { a: { call: free.call } }');
  expect(tickets).toHaveLength(1);
  expect(await scheduler.db.query(`select key from reprise.rate where key = 'free.call'`)).toEqual([]);
});
