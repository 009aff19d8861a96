import { expect, test } from '@jest/globals';
import { claimId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { eventually, TestDatabase } from '@reprise/testing';
import { insertTasks, json } from '../../test/rows.js';
import { type Claimed, ClaimStore } from '../index.js';

const LEASE_MS = 15_000;
const input = json({ url: 'https://example.org/orders/12345', headers: { accept: 'application/json' }, page: 12 });

test('claims and renewals leave every index alone: their updates are HOT, whole pages of rows at a time', async () => {
  await using db = await TestDatabase.create();
  // An ANALYZE of its own accord, whichever table's, holds a snapshot, and what is dead to everyone else stays on its page for as long.
  const tables = await db.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'reprise'::regnamespace and relkind = 'r'`,
  );
  for (const { name } of tables) await db.query(`alter table reprise.${name} set (autovacuum_enabled = false)`);
  const store = new ClaimStore(db.database);
  const updates = async () => {
    const [row] = await db.query<{ all: string; hot: string }>(
      `select sum(n_tup_upd) as all, sum(n_tup_hot_upd) as hot from pg_stat_user_tables where relname ~ '^task_'`,
    );
    return { all: Number(row?.all), hot: Number(row?.hot) };
  };
  const counted = (all: number) =>
    eventually(
      async () => {
        const seen = await updates();
        expect(seen.all).toBe(all);
        return seen;
      },
      { what: `${all} updates to be counted` },
    );
  const tickets = await insertTasks(db.database, 1_000, { input });
  const held: Claimed[] = [];
  for (let from = 0; from < tickets.length; from += 100) {
    const batch = tickets.slice(from, from + 100);
    held.push(...(await store.claim(batch, claimId(systemClock.uuid()), 'executor-4711@host', LEASE_MS, 'default')).claimed);
  }
  expect(held).toHaveLength(1_000);
  expect((await counted(1_000)).hot).toBeGreaterThanOrEqual(950);
  // What is dead stays on its page while anybody is at work who began before it died, in whichever database of the server.
  const [now] = await db.query<{ id: string }>('select pg_current_xact_id()::text as id');
  const isOver = 'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as yes';
  await eventually(async () => (await db.query<{ yes: boolean }>(isOver, [now?.id]))[0]?.yes === true, {
    what: 'all transactions of before to end',
  });
  await store.renew(
    held.map((each) => ({ ...each, outcome: null })),
    LEASE_MS,
  );
  expect((await counted(2_000)).hot).toBeGreaterThanOrEqual(1_900);
});
