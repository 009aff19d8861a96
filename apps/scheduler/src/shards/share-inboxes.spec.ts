import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { divideShards } from '@reprise/contracts';
import { Database, MemberStore } from '@reprise/ledger';
import { fixedClock, Metrics, silentLogger } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { ShareInboxes } from './share-inboxes.js';

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
const LEASE_MS = 60_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create();
});
afterAll(() => db.end());
beforeEach(() => db.query('delete from reprise.member'));
afterEach(async () => {
  for (const { share } of schedulers.splice(0)) await share.leave();
});

interface Scheduler {
  readonly id: string;
  readonly share: ShareInboxes;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly metrics: Metrics;
  /** Shards it has given up, in this order. */
  readonly gaveWay: number[];
}

/** All that live in this test: hints reach each of them. */
const schedulers: Scheduler[] = [];

function scheduler(id: string, members = new MemberStore(db.database)): Scheduler {
  const clock = fixedClock();
  const metrics = new Metrics({ service: 'scheduler', nodeDefaults: false });
  const gaveWay: number[] = [];
  const share = new ShareInboxes({
    id,
    leaseMs: LEASE_MS,
    members,
    giveWay: async (shard) => void gaveWay.push(shard),
    tell: async () => void (await Promise.all(schedulers.map((each) => each.share.look()))),
    metrics,
    clock,
    logger: silentLogger,
  });
  const made = { id, share, clock, metrics, gaveWay };
  schedulers.push(made);
  return made;
}

async function started(id: string): Promise<Scheduler> {
  const made = scheduler(id);
  await made.share.start();
  return made;
}

/** What each says of itself. */
async function told(): Promise<Record<string, unknown>> {
  const rows = await db.query<{ id: string; shards: unknown }>(`select id, info -> 'shards' as shards from reprise.member`);
  return Object.fromEntries(rows.map(({ id, shards }) => [id, shards]));
}

const divided = (...ids: readonly string[]) => Object.fromEntries(divideShards(ids));
const shown = async ({ metrics }: Scheduler) => /reprise_scheduler_shards\{.*\} (\d)/.exec(await metrics.metricsText())?.[1];

test('alone, a scheduler has every shard and gives way to nobody', async () => {
  const alone = await started('a');
  for (const shard of ALL) alone.share.took(shard, 1);
  expect(await told()).toEqual({ a: ALL });
  expect(alone.gaveWay).toEqual([]);
  expect(await shown(alone)).toBe('8');
});

test('who joins is made way for at once, for exactly the shards that fall to it', async () => {
  const first = await started('a');
  const second = await started('b');
  expect(await told()).toEqual(divided('a', 'b'));
  expect(first.gaveWay).toEqual(divided('a', 'b').b);
  // It gave up what it never had: at its first look it knew of nobody, and stood in line for all.
  expect(second.gaveWay).toEqual(divided('a', 'b').a);
  expect(await shown(first)).toBe('4');
});

test('who leaves has its shards divided among the others at once', async () => {
  await started('a');
  const second = await started('b');
  await started('c');
  await second.share.leave();
  expect(await told()).toEqual(divided('a', 'c'));
});

test('whose lease has ended is dead: its shards fall to those who live', async () => {
  const first = await started('a');
  await new MemberStore(db.database).renew('b', 'scheduler', {}, LEASE_MS);
  await first.share.look();
  expect(await told()).toMatchObject({ a: divided('a', 'b').a });
  await db.query(`update reprise.member set lease_until = now() - interval '1 ms' where id = 'b'`);
  await first.share.look();
  expect(await told()).toMatchObject({ a: ALL });
});

test('inputs of another’s shard are taken, and way is made once more; not again and again while the other does not come', async () => {
  const first = await started('a');
  await started('b');
  const [foreign = 0] = divided('a', 'b').b ?? [];
  first.gaveWay.length = 0;
  first.clock.advance(5_000);
  for (let inputs = 0; inputs < 3; inputs += 1) first.share.took(foreign, 1);
  expect(first.gaveWay).toEqual([foreign]);
  first.clock.advance(5_000);
  first.share.took(foreign, 1);
  expect(first.gaveWay).toEqual([foreign, foreign]);
  for (const mine of divided('a', 'b').a ?? []) first.share.took(mine, 1);
  expect(first.gaveWay).toEqual([foreign, foreign]);
});

test('while the ledger does not answer everything stays as it was', async () => {
  const unreachable = new Database({ url: db.url, applicationName: 'gone', poolSize: 2 });
  await unreachable.connect();
  const first = scheduler('a', new MemberStore(unreachable));
  await first.share.start();
  await unreachable.close();
  await new MemberStore(db.database).renew('b', 'scheduler', {}, LEASE_MS);
  await first.share.look();
  for (const shard of ALL) first.share.took(shard, 1);
  expect(first.gaveWay).toEqual([]);
  expect(await shown(first)).toBe('8');
  schedulers.splice(schedulers.indexOf(first), 1);
  await expect(first.share.leave()).rejects.toThrow();
});

test('two that join at the same time know of each other in the end', async () => {
  const both = [scheduler('a'), scheduler('b')];
  await Promise.all(both.map(({ share }) => share.start()));
  await eventually(async () => expect(await told()).toEqual(divided('a', 'b')), { what: 'both to have divided the shards' });
});
