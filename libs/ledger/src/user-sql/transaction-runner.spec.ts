import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, fence } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { codeOf, type Held, insert, outcomeOf, UserTransactions } from '../../test/user-transactions.js';
import { TransactionRunner } from '../index.js';

const user = new UserTransactions();
const { held, recorded, words, work } = user;
beforeAll(user.begin);
afterAll(user.end);
beforeEach(user.beginTest);
afterEach(user.endTest);

describe('a transaction with its outcome', () => {
  test('commits what was written and the outcome together, as a role of its own', async () => {
    const task = await held();
    const who = await work(task, async (transaction) => {
      await insert(transaction, 'sold');
      const { rows } = await transaction.query('select current_user as current, session_user as session');
      return rows[0];
    });
    expect(who).toEqual({ current: user.login, session: user.login });
    expect(await words()).toEqual(['sold']);
    expect(JSON.parse((await recorded(task)) ?? '')).toEqual({ kind: 'succeeded', output: JSON.stringify(who) });
  });

  test('leaves nothing when the work throws, and hands on what it threw', async () => {
    const task = await held();
    const thrown = new Error('card declined');
    await expect(
      work(task, async (transaction) => {
        await insert(transaction, 'sold');
        throw thrown;
      }),
    ).rejects.toBe(thrown);
    expect([await words(), await recorded(task)]).toEqual([[], null]);
  });

  test('leaves nothing when a statement failed and the work did not mind', async () => {
    const task = await held();
    const ignoring = work(task, async (transaction) => {
      await insert(transaction, 'sold');
      await transaction.query('select 1/0').catch(() => undefined);
    });
    expect(await codeOf(ignoring)).toBe('22012');
    expect([await words(), await recorded(task)]).toEqual([[], null]);
  });

  test('leaves nothing when a deferred constraint fails at the commit', async () => {
    await user.db.query(
      `create table if not exists public.child (word text references public.shop deferrable initially deferred)`,
    );
    await user.db.query(`grant insert on public.child to ${user.login}`);
    const task = await held();
    expect(await codeOf(work(task, (transaction) => transaction.query(`insert into child values ('orphan')`)))).toBe('23503');
    expect(await recorded(task)).toBeNull();
  });

  test('is once an attempt: a second one writes nothing', async () => {
    const task = await held();
    await work(task, (transaction) => insert(transaction, 'first'));
    expect(await codeOf(work(task, (transaction) => insert(transaction, 'second')))).toBe('STALE');
    expect(await words()).toEqual(['first']);
  });
});

describe('a stale attempt writes nothing', () => {
  test.each([
    ['with an older fence', async (task: Held): Promise<Held> => ({ ...task, fence: fence(6) })],
    ['with another claim', async (task: Held): Promise<Held> => ({ ...task, claim: claimId(randomUUID()) })],
    ['after its lease', async () => held(-1)],
    [
      'once its task has ended',
      async (task: Held) => {
        await user.db.query(
          `update reprise.task set status = 'succeeded', ended_at = now(), claim = null, lease_until = null where run_id = $1`,
          [task.address.run],
        );
        return task;
      },
    ],
  ])('%s', async (_, make) => {
    const task = await make(await held());
    expect(await codeOf(work(task, (transaction) => insert(transaction, 'stale')))).toBe('STALE');
    expect([await words(), await recorded(task)]).toEqual([[], null]);
  });

  test('when the newer one takes over while it works', async () => {
    const task = await held();
    const late = work(task, async (transaction) => {
      await insert(transaction, 'stale');
      await user.db.query('update reprise.task set fence = fence + 1, claim = $2 where run_id = $1', [
        task.address.run,
        randomUUID(),
      ]);
    });
    expect(await codeOf(late)).toBe('STALE');
    expect(await words()).toEqual([]);
  });

  test('when the lease ends while it works, although it was good at the beginning', async () => {
    const task = await held(1);
    const late = work(task, async (transaction) => {
      await insert(transaction, 'stale');
      await transaction.query('select pg_sleep(1.1)');
    });
    expect(await codeOf(late)).toBe('STALE');
    expect(await words()).toEqual([]);
  });
});

describe('stopping', () => {
  test('an aborted signal cancels the running statement at the server, and nothing commits', async () => {
    const task = await held();
    const stop = new AbortController();
    const asleep = async () =>
      (
        await user.db.query(
          `select from pg_stat_activity where usename = $1 and state = 'active' and query like 'select pg_sleep%'`,
          [user.login],
        )
      ).length;
    const running = codeOf(
      user.runner.run(
        task.address,
        task.fence,
        task.claim,
        async (transaction) => {
          await insert(transaction, 'half');
          await transaction.query('select pg_sleep(600)');
        },
        outcomeOf,
        { signal: stop.signal, statementTimeoutMs: 600_000 },
      ),
    );
    await eventually(async () => expect(await asleep()).toBe(1), { what: 'the statement to run' });
    stop.abort();
    expect(await running).toBe('CANCELLED');
    await eventually(async () => expect(await asleep()).toBe(0), { what: 'the server to have stopped it' });
    expect(await words()).toEqual([]);
  });

  test('a statement beyond its time is ended by the server', async () => {
    const task = await held();
    const slow = user.runner.run(
      task.address,
      task.fence,
      task.claim,
      (transaction) => transaction.query('select pg_sleep(20)'),
      outcomeOf,
      { statementTimeoutMs: 50 },
    );
    expect(await codeOf(slow)).toBe('57014');
  });
});

describe('a commit without an answer', () => {
  test('that happened counts as happened', async () => {
    const task = await held();
    await work(task, (transaction) => insert(transaction, 'sold'), await throughWire('deliver'));
    expect(await words()).toEqual(['sold']);
    expect(await recorded(task)).not.toBeNull();
  });

  test('that did not happen is an error, and nothing is written', async () => {
    const task = await held();
    await expect(work(task, (transaction) => insert(transaction, 'sold'), await throughWire('swallow'))).rejects.toThrow(
      /terminated/i,
    );
    expect([await words(), await recorded(task)]).toEqual([[], null]);
  });
});

/** A wire to Postgres that is cut at the first commit: after it was carried out, or before it arrived. */
async function throughWire(commit: 'deliver' | 'swallow'): Promise<TransactionRunner> {
  const target = new URL(user.db.url);
  const server: Server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname);
    let cut = false;
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('data', (bytes) => {
      const isCommit = bytes.includes('commit\0');
      if (isCommit && commit === 'swallow') near.destroy();
      else far.write(bytes);
      cut ||= isCommit;
    });
    far.on('data', (bytes) => (cut ? near.destroy() : near.write(bytes)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(user.db.url);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cutting = new TransactionRunner({ database: user.db.database, databaseUrl: url.href, poolSize: 1 });
  user.stops.push(
    () => cutting.close(),
    () => server.close(),
  );
  return cutting;
}
