import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { StartStore } from '@reprise/ledger';
import { armFaults } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { History } from '../../test/history.js';
import { DAY_MS, runPass } from '../../test/passes.js';
import type { RetentionPolicy } from './retention-pass.js';

let db: TestDatabase;
let history: History;

beforeAll(async () => {
  db = await TestDatabase.create();
});
beforeEach(async () => {
  history = new History(db);
  await history.forget();
});
afterEach(() => armFaults(null));
afterAll(() => db.end());

const pass = (policy: Partial<RetentionPolicy> = {}) => runPass(db, policy);

test('probes go after a day, but for the newest hundred of each poll; so does what their instants came to, unless a run was started', async () => {
  const name = 'past.poll.poll';
  await db.query(`insert into reprise.workflow (id, name, number, hash, document) values (gen_random_uuid(), $1, 1, 'h', '{}')`, [
    name,
  ]);
  const other = await history.run({ daysAgo: 6 });
  for (let day = 5; day > 0; day -= 1 / 24) await history.run({ daysAgo: day, trigger: 'probe', workflow: name });
  const all = await db.query('select from reprise.run where workflow = $1', [name]);
  await db.query(
    `insert into reprise.trigger_event (source, id, type, fingerprint, outcome, results, received_at)
     select 'poll/past/poll', to_char(now() - g * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS'), 'poll.ended', 'f',
       case when g = 290 then 'accepted' else 'unmatched' end, '[]', now() - g * interval '1 hour'
     from generate_series(1, 300) as g`,
  );
  expect(await pass({ runsMs: 30 * DAY_MS })).toEqual({ probe: all.length - 100, event: 99 });
  expect(await history.exists(other)).toBe(true);
  expect(await db.query(`select from reprise.trigger_event where outcome = 'accepted'`)).toHaveLength(1);
});

describe('what outlives a run', () => {
  test('a business key: it answers for its own time, with its own copy of the result', async () => {
    const owner = await history.run({ daysAgo: 9, key: 'order-1' });
    await db.query(
      `insert into reprise.idempotency (scope, name, key, fingerprint, run_id, node, at, state, result, expires_at) values
         ('call', 'cards.charge', 'order-1', 'f', $1, 0, '', 'succeeded', '{"id": "ch_1"}', now() + interval '1 day'),
         ('run', 'past', 'order-1', 'f', $1, null, null, 'succeeded', null, now() + interval '1 day'),
         ('run', 'past', 'order-2', 'f', $1, null, null, 'succeeded', null, now() - interval '1 second')`,
      [owner],
    );
    expect(await pass({ runsMs: 8 * DAY_MS })).toEqual({ run: 1, key: 1 });
    const held = await db.database.transaction((session) =>
      new StartStore(session).takeKeys([{ workflow: 'past', key: 'order-1', fingerprint: 'f', run: history.idAt(0) }], DAY_MS),
    );
    expect(held).toEqual([{ kind: 'held', run: owner, fingerprint: 'f', status: null }]);
    const [call] = await db.query(`select result::text from reprise.idempotency where scope = 'call'`);
    expect(call).toEqual({ result: '{"id": "ch_1"}' });
  });

  test('an event: it is known for as long as runs and keys are', async () => {
    const seen = (id: string, days: number) =>
      db.query(
        `insert into reprise.trigger_event (source, id, type, fingerprint, outcome, results, received_at)
         values ('shop', $1, 'paid', 'f', 'accepted', '[]', now() - $2::interval)`,
        [id, `${days} days`],
      );
    for (const [id, days] of [
      ['a', 12],
      ['b', 11],
      ['c', 9],
      ['d', 6],
    ] as const)
      await seen(id, days);
    await db.query(
      `insert into reprise.repeated_event (source, id, outcome, type, fingerprint, reason, count, received_at)
       select source, id, o.outcome, type, fingerprint, 'again', 1, received_at + interval '1 hour'
       from reprise.trigger_event, unnest(array['duplicate', 'conflict']) as o (outcome)`,
    );
    const left = async (table = 'trigger_event') =>
      (await db.query<{ id: string }>(`select distinct id from reprise.${table} order by id`)).map(({ id }) => id);
    expect(await pass()).toEqual({ event: 6 });
    expect(await left()).toEqual(['c', 'd']);
    expect(await left('repeated_event')).toEqual(['c', 'd']);
    await pass({ runsMs: DAY_MS });
    expect(await left()).toEqual(['d']);
  });
});

test('dead letters that are settled, backfills and batches that ended, services long gone and commands to nobody go; what is open stays', async () => {
  const letter = (settled: string | null) =>
    db.query(
      `insert into reprise.dead_letter (id, queue, reason, body, properties, received_at, settled_at, state)
       values ($1, 'q', 'r', '', '{}', now() - interval '20 days', now() - $2::interval, $3)`,
      [history.idAt(20), settled, settled === null ? 'open' : 'redriven'],
    );
  for (const settled of [null, '11 days', '9 days']) await letter(settled);
  for (const ended of [null, '11 days', '9 days']) {
    await db.query(
      `insert into reprise.batch (id, action, filter, rate, matched, below, state, ended_at)
       values (gen_random_uuid(), 'cancel', '{}', 1, 1, gen_random_uuid(), $2, now() - $1::interval)`,
      [ended, ended === null ? 'running' : 'done'],
    );
  }
  for (const lease of ['2 days', '1 hour'])
    await db.query(
      `insert into reprise.member (id, service, info, lease_until) values ($1::text, 'executor', '{}', now() - $1::text::interval)`,
      [lease],
    );
  await db.query(
    `insert into reprise.command (id, run_id, kind, payload, created_at) values (gen_random_uuid(), $1, 'cancel', '{}', now() - interval '1 hour')`,
    [history.idAt(1)],
  );
  expect(await pass()).toEqual({ dead_letter: 1, bulk: 1, member: 2 });
  expect(await db.query('select from reprise.dead_letter')).toHaveLength(2);
  expect(await db.query('select from reprise.batch')).toHaveLength(2);
});
