import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeInbox, type InboxItem } from '@reprise/contracts';
import { SLICE } from '@reprise/core';
import { reported, SchedulerUnderTest, succeeded, ticketsOf } from '../../test/scheduler-under-test.js';
import type { Advanced } from './advanced.js';

const ITEMS = 10_000;
const LONG =
  'workflow: long\ntasks: { l: { forEach: "${{ input.list }}", transform: "${{ each.value + 1 }}" } }\noutput: "${{ tasks.l.output.size() }}"';
const ENDLESS = 'workflow: endless\ntasks: { l: { repeat: { maximum: 10000 }, transform: "${{ round.number }}" } }';
const CHAIN = 'workflow: chain\ntasks: [{ id: a, call: shop.a }, { id: b, call: shop.b }, { id: c, call: shop.c }]';
/** The inbox gives the scheduler at most as many at once. */
const BATCH = 50;

let scheduler: SchedulerUnderTest;
beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

/** What the decisions send to their own shard: a run that comes back for more stands behind everybody else's messages. */
const inboxOf = (advanced: readonly Advanced[]): readonly InboxItem[] =>
  advanced.flatMap(({ outgoing }) =>
    outgoing.flatMap(({ exchange, body }) => {
      const decoded = exchange === scheduler.topology.inbox ? decodeInbox(Buffer.from(body)) : null;
      return decoded?.kind === 'ok' ? decoded.value : [];
    }),
  );

const next = async (run: string): Promise<number> => {
  const [row] = await scheduler.db.query<{ next: number }>(
    `select coalesce((progress ->> 'next')::int, (progress ->> 'round')::int) as next from reprise.task where run_id = $1 and node = 0 and at = ''`,
    [run],
  );
  return row?.next ?? 0;
};

test.each([
  ['a list of 10,000 items', LONG],
  ['a repeat of 10,000 rounds', ENDLESS],
])('%s that end at once lets other runs of its shard go on between its slices', async (_, document) => {
  const big = await scheduler.start(document, { list: Array.from({ length: ITEMS }, (_, index) => index) });
  const chains = await Promise.all(Array.from({ length: 20 }, () => scheduler.start(CHAIN)));
  const [row] = await scheduler.db.query<{ fence: number; version: never }>(
    'select t.fence, r.workflow_id as version from reprise.task t join reprise.run r on r.id = t.run_id where t.run_id = $1 and t.node = 0',
    [big.run],
  );
  const again = { kind: 'wake', run: big.run, version: row?.version, node: 0, at: '', fence: Number(row?.fence) } as never;
  const outcomes = async (tickets: Parameters<SchedulerUnderTest['claim']>[0]) =>
    (await scheduler.claim(tickets)).map((work) => reported(work, succeeded()));
  const queue: InboxItem[] = [again, ...(await outcomes(chains.flatMap(({ tickets }) => tickets)))];
  let open = chains.length;
  let behind: number | null = null;
  let decisions = 0;
  while (queue.length > 0) {
    const advanced = await scheduler.advance(queue.splice(0, BATCH));
    for (const { run, decision } of advanced) {
      expect(decision.tasks.length).toBeLessThanOrEqual(SLICE + 1);
      if (run.id === big.run) decisions += 1;
      else if (decision.run?.status === 'succeeded') open -= 1;
    }
    queue.push(...inboxOf(advanced), ...(await outcomes(ticketsOf(advanced))));
    if (open === 0) behind ??= await next(big.run);
  }
  expect(await scheduler.run(big.run)).toMatchObject({ status: 'succeeded' });
  expect(decisions).toBe(ITEMS / SLICE - 1);
  // Three answers each: as many slices of the long one, and one that began before them.
  expect(behind).toBeLessThanOrEqual(5 * SLICE);
});
