import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { InboxItem } from '@reprise/contracts';
import { claimId, type Json, type RunId, type VersionId } from '@reprise/core';
import { ClaimStore, CommandStore, RunViews } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { reported, SchedulerUnderTest, succeeded, ticketsOf, type Working } from '../../test/scheduler-under-test.js';
import type { Advanced } from './advanced.js';

let scheduler: SchedulerUnderTest;
beforeAll(async () => {
  scheduler = await SchedulerUnderTest.create();
});
afterAll(() => scheduler.end());

const failed = (code: string) =>
  ({ kind: 'failed', error: { code, message: 'no' }, retryable: false, retryAfterMs: null }) as const;

/** Executes whatever is ready until nothing is: `ending` fails, all else succeeds with its path. The order in which it was claimed. */
async function carryOn(tickets: Parameters<SchedulerUnderTest['claim']>[0]): Promise<string[]> {
  const order: string[] = [];
  for (let ready = [...tickets]; ready.length > 0; ) {
    const [ticket] = ready.splice(0, 1);
    if (ticket === undefined) break;
    const working = await scheduler.claimOne([ticket]);
    order.push(ticket.path);
    const outcome = ticket.path === 'ending' ? failed('NO') : succeeded(ticket.path);
    ready.push(...ticketsOf(await scheduler.advance([reported(working, outcome)])));
  }
  return order;
}

async function ask(
  run: RunId,
  version: VersionId,
  kind: string,
  payload: Readonly<Record<string, unknown>> = {},
): Promise<readonly Advanced[]> {
  const commands = new CommandStore(scheduler.db.database);
  await commands.insert({ id: systemClock.uuidv7(), run, kind, payload, askedBy: 'ann' });
  return look(run, version);
}

const look = (run: RunId, version: VersionId) => scheduler.advance([{ kind: 'look', run, version }]);

const tasksOf = async (run: RunId) =>
  new Map((await new RunViews(scheduler.db.database).find(run))?.tasks.map((task) => [task.path, task]));

describe('what a failed run did', () => {
  test('is undone, the last that ended first; what a group speaks for is not undone twice', async () => {
    const { run, tickets } = await scheduler.start(`workflow: saga
tasks:
  - { id: first, call: do, compensate: { call: undo, with: "\${{ output }}" } }
  - id: page
    forEach: { in: [0, 1], parallel: 1 }
    tasks:
      a: { call: do, compensate: { call: undo } }
      b: { needs: [a], call: do, compensate: { call: undo } }
  - id: trip
    tasks: { hotel: { call: do, compensate: { call: undo } } }
    compensate: { call: undo, with: "\${{ output.hotel }}" }
  - { id: ending, call: do }
onFailure: [{ id: tell, call: do, with: "\${{ run.error.code }}" }]`);
    const order = await carryOn(tickets);
    expect(order.slice(order.indexOf('ending') + 1)).toEqual([
      'trip:compensate',
      'page[1].b:compensate',
      'page[1].a:compensate',
      'page[0].b:compensate',
      'page[0].a:compensate',
      'first:compensate',
      'onFailure.tell',
    ]);
    const tasks = await tasksOf(run);
    expect([...tasks.keys()]).toEqual([
      'first',
      'first:compensate',
      'page',
      'page[0]',
      'page[0].a',
      'page[0].a:compensate',
      'page[0].b',
      'page[0].b:compensate',
      'page[1]',
      'page[1].a',
      'page[1].a:compensate',
      'page[1].b',
      'page[1].b:compensate',
      'trip',
      'trip.hotel',
      'trip:compensate',
      'ending',
      'onFailure',
      'onFailure.tell',
    ]);
    const views = new RunViews(scheduler.db.database);
    const detail = async (path: string): Promise<Json> => (await views.task(run, path))?.input ?? null;
    expect([await detail('first:compensate'), await detail('trip:compensate'), await detail('onFailure.tell')]).toEqual([
      'first',
      'trip.hotel',
      'NO',
    ]);
    expect(await views.find(run)).toMatchObject({ status: 'failed', compensated: true, phase: null, error: { code: 'NO' } });
  });

  test('is shown a page at a time without a gap', async () => {
    const { run, tickets } = await scheduler.start(`workflow: paged
tasks:
  - { id: l, forEach: { in: [0, 1, 2], parallel: 1 }, call: do, compensate: { call: undo } }
  - { id: g, tasks: { a: { call: do } }, compensate: { call: undo } }
  - { id: ending, call: do }
onFailure: [{ id: tell, call: do }]`);
    await carryOn(tickets);
    const views = new RunViews(scheduler.db.database);
    const whole = [...(await tasksOf(run)).keys()];
    const paths: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const paged = await views.tasks(run, { cursor, limit: 1 });
      if (paged.kind !== 'page') throw new Error(paged.kind);
      paths.push(...paged.page.items.map(({ path }) => path));
      cursor = paged.page.next;
      if (cursor === null) break;
    }
    expect(paths).toEqual(whole);
    expect(whole.length).toBe(13);
  });

  test('may have happened though nobody said so: an attempt that was lost is undone too', async () => {
    const { run, tickets } = await scheduler.start(`workflow: lost
tasks:
  - { id: a, call: do, retry: { maximumLost: 1 }, compensate: { call: undo, with: { output: "\${{ output }}" } } }`);
    const { ticket, claimed } = await scheduler.claimOne(tickets);
    await scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [run]);
    const { version, node, at } = ticket;
    await scheduler.advance([{ kind: 'wake', run, version, node, at, fence: claimed.fence }]);
    expect((await tasksOf(run)).get('a')?.status).toBe('parked');
    await ask(run, version, 'resolve', { node, at, outcome: 'retry', output: null, reason: 'try again' });
    const told = await new RunViews(scheduler.db.database).history(run, { cursor: null, limit: 50 });
    const fact = told.kind === 'page' ? told.page.items.find(({ kind }) => kind === 'task.resolved') : undefined;
    expect(fact).toMatchObject({ task: 'a', by: 'ann', detail: { outcome: 'retry', reason: 'try again' } });
    await ask(run, version, 'cancel');
    const parked = await tasksOf(run);
    expect([parked.get('a')?.status, parked.get('a:compensate')?.status]).toEqual(['cancelled', 'ready']);
  });

  test('may be found out when all is over: what a cancelled task left in doubt is settled, with who said so', async () => {
    const { run, tickets } = await scheduler.start('workflow: doubt\ntasks: { pay: { call: pay } }');
    const { ticket, claimed } = await scheduler.claimOne(tickets);
    const { version, node, at } = ticket;
    await scheduler.db.query(
      `insert into reprise.effect (run_id, node, at, name, state, key, policy, fence, claim, attempt)
       select run_id, node, at, 'charge', 'in_doubt', 'k', 'park', fence, claim, 1 from reprise.task where run_id = $1`,
      [run],
    );
    const effects = [{ name: 'charge', happened: true, result: '{"id":7}' }];
    await ask(run, version, 'settle', { node, at, effects, reason: 'too early' });
    await ask(run, version, 'cancel');
    await scheduler.db.query(`update reprise.task set lease_until = now() - interval '1 second' where run_id = $1`, [run]);
    await scheduler.advance([{ kind: 'wake', run, version, node, at, fence: claimed.fence }]);
    const effect = () => scheduler.db.query('select state, result, settled_by from reprise.effect where run_id = $1', [run]);
    expect([(await tasksOf(run)).get('pay')?.status, await effect()]).toEqual([
      'cancelled',
      [{ state: 'in_doubt', result: null, settled_by: null }],
    ]);
    await ask(run, version, 'settle', { node, at, effects, reason: 'in their books' });
    expect(await effect()).toEqual([{ state: 'committed', result: '{"id":7}', settled_by: 'ann' }]);
    const told = await new RunViews(scheduler.db.database).history(run, { cursor: null, limit: 50 });
    expect(told.kind === 'page' ? told.page.items.filter(({ kind }) => kind === 'task.settled') : told).toMatchObject([
      { task: 'pay', by: 'ann', detail: { reason: 'in their books', effects: [{ name: 'charge', happened: true }] } },
    ]);
  });

  test('answers nobody any more: the key of what was undone is free, and that of others is not', async () => {
    const document = (name: string) => `workflow: ${name}
tasks:
  - { id: charge, call: charge, idempotencyKey: "\${{ input.key }}", compensate: { call: refund } }
  - id: trip
    forEach: [0]
    tasks: { hotel: { call: book, idempotencyKey: "\${{ input.key }}-\${{ each.index }}" } }
    compensate: { call: cancel }
  - { id: kept, call: keep, idempotencyKey: "\${{ input.key }}" }
  - { id: ending, call: do }`;
    const keys = () =>
      scheduler.db.query<{ name: string; key: string; state: string }>(
        `select name, key, state from reprise.idempotency where scope = 'call' order by name, key`,
      );
    const { tickets } = await scheduler.start(document('keys'), { key: 'k' });
    const claims = new ClaimStore(scheduler.db.database);
    for (let ready = [...tickets]; ready.length > 0; ) {
      const ticket = ready.shift()!;
      const taken =
        ticket.keyed === true
          ? (await claims.claimKeyed([ticket], claimId(systemClock.uuid()), 'e', 15_000, () => 'f', 'default')).claimed[0]
              ?.claimed
          : (await scheduler.claimOne([ticket])).claimed;
      if (taken === undefined) throw new Error(`${ticket.path} was not claimed`);
      if (ticket.path === 'ending')
        expect((await keys()).map(({ name, state }) => [name, state])).toEqual([
          ['book', 'succeeded'],
          ['charge', 'succeeded'],
          ['keep', 'succeeded'],
        ]);
      const working: Working = { ticket, claimed: taken };
      const outcome = ticket.path === 'ending' ? failed('NO') : succeeded(1);
      ready.push(...ticketsOf(await scheduler.advance([reported(working, outcome)])));
    }
    expect(await keys()).toEqual([{ name: 'keep', key: 'k', state: 'succeeded' }]);
  });
});

describe('a paused run', () => {
  const CHAIN = 'workflow: chain\ntasks: [{ id: a, call: do }, { id: b, call: do }]';

  test('is claimed by nobody, keeps what comes, and goes on where it was', async () => {
    const { run, tickets } = await scheduler.start(CHAIN);
    const version = tickets[0]!.version;
    const working = await scheduler.claimOne(tickets);
    const ids = (advanced: readonly Advanced[]) => advanced.flatMap(({ outgoing }) => outgoing.map(({ messageId }) => messageId));
    expect(ids(await ask(run, version, 'pause'))).toEqual([`${run}/paused/1`]);
    expect(await scheduler.run(run)).toMatchObject({ status: 'paused' });
    const item: InboxItem = reported(working, succeeded(1));
    expect(ticketsOf(await scheduler.advance([item]))).toEqual([]);
    const [row] = await scheduler.db.query<{ status: string; recorded: unknown; watch_at: unknown }>(
      'select status, recorded, watch_at from reprise.task where run_id = $1',
      [run],
    );
    expect(row).toEqual({ status: 'running', recorded: expect.stringContaining('succeeded'), watch_at: null });
    // Who decided it may have died before it told: the message comes again, and so does what is told.
    expect(ids(await scheduler.advance([{ kind: 'look', run, version }], true))).toEqual([`${run}/paused/1`]);
    expect(ids(await ask(run, version, 'resume'))).toContain(`${run}/resumed/1`);
    expect(ids(await scheduler.advance([{ kind: 'look', run, version }], true))).toContain(`${run}/resumed/1`);
    const next = (await tasksOf(run)).get('b');
    expect(next?.status).toBe('ready');
    const views = new RunViews(scheduler.db.database);
    const told = await views.history(run, { cursor: null, limit: 50 });
    const facts = told.kind === 'page' ? told.page.items : [];
    expect(facts.filter(({ by }) => by === 'ann').map(({ kind }) => kind)).toEqual(['run.paused', 'run.resumed']);
    const again = await scheduler.start(CHAIN);
    await ask(again.run, version, 'pause');
    const claims = new ClaimStore(scheduler.db.database);
    expect(await claims.claim(again.tickets, claimId(systemClock.uuid()), 'e', 15_000, 'default')).toMatchObject({ claimed: [] });
    await ask(again.run, version, 'resume');
    const [ready] = await scheduler.db.query<{ fence: string }>('select fence from reprise.task where run_id = $1', [again.run]);
    expect(Number(ready?.fence)).toBe(again.tickets[0]?.fence);
    expect((await claims.claim(again.tickets, claimId(systemClock.uuid()), 'e', 15_000, 'default')).claimed).toHaveLength(1);
  });
});
