import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, fence, type JsonText, runId } from '@reprise/core';
import { eventually, TestDatabase } from '@reprise/testing';
import { Client } from 'pg';
import { TransactionRunner, type UserTransaction } from '../index.js';

let db: TestDatabase;
let login: string;
let runner: TransactionRunner;
let stops: (() => Promise<unknown> | unknown)[] = [];

interface Held {
  readonly address: { run: ReturnType<typeof runId>; node: number; at: string };
  readonly fence: ReturnType<typeof fence>;
  readonly claim: ReturnType<typeof claimId>;
}

const outcomeOf = (result: unknown): JsonText =>
  JSON.stringify({ kind: 'succeeded', output: JSON.stringify(result ?? null) }) as JsonText;

async function held(leaseSeconds = 60): Promise<Held> {
  const address = { run: runId(randomUUID()), node: 0, at: '' };
  const claim = claimId(randomUUID());
  await db.query(
    `insert into reprise.task (run_id, node, at, status, attempt, fence, claim, queue, created_at, lease_until)
     values ($1, 0, '', 'running', 1, 7, $2, 'default', now(), now() + $3 * interval '1 second')`,
    [address.run, claim, leaseSeconds],
  );
  return { address, fence: fence(7), claim };
}

const work = <Result>(task: Held, steps: (transaction: UserTransaction) => Promise<Result>, on = runner) =>
  on.run(task.address, task.fence, task.claim, steps, outcomeOf);

const insert = (transaction: UserTransaction, word: string) => transaction.query('insert into shop (word) values ($1)', [word]);
const words = async () =>
  (await db.query<{ word: string }>('select word from public.shop order by word')).map(({ word }) => word);
const recorded = async ({ address }: Held) =>
  (await db.query<{ recorded: string | null }>('select recorded from reprise.task where run_id = $1', [address.run]))[0]
    ?.recorded;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'succeeded',
    (error: { code?: unknown }) => error.code,
  );

beforeAll(async () => {
  db = await TestDatabase.create();
  [{ login }] = (await db.query<{ login: string }>(
    `select value->>'user' as login from reprise.setting where name = 'sql_role'`,
  )) as [{ login: string }];
  await db.query('create table public.shop (word text primary key)');
  await db.query(`grant select, insert on public.shop to ${login}`);
});
afterAll(() => db.end());
beforeEach(async () => {
  await db.query('delete from public.shop');
  runner = new TransactionRunner({ database: db.database, databaseUrl: db.url, poolSize: 2 });
});
afterEach(async () => {
  await runner.close();
  for (const stop of stops) await stop();
  stops = [];
});

describe('a transaction with its outcome', () => {
  test('commits what was written and the outcome together, as a role of its own', async () => {
    const task = await held();
    const who = await work(task, async (transaction) => {
      await insert(transaction, 'sold');
      const { rows } = await transaction.query('select current_user as current, session_user as session');
      return rows[0];
    });
    expect(who).toEqual({ current: login, session: login });
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
    await db.query(`create table if not exists public.child (word text references public.shop deferrable initially deferred)`);
    await db.query(`grant insert on public.child to ${login}`);
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
        await db.query(
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
      await db.query('update reprise.task set fence = fence + 1, claim = $2 where run_id = $1', [task.address.run, randomUUID()]);
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

describe('users’ SQL cannot', () => {
  const refused = async (statement: string, values: unknown[] = []) => {
    const task = await held();
    const code = await codeOf(work(task, (transaction) => transaction.query(statement, values)));
    expect(await recorded(task)).toBeNull();
    return code;
  };

  test.each([
    'select * from reprise.task',
    'select * from reprise.setting',
    'update reprise.task set recorded = null',
    'create table reprise.mine ()',
    'select reprise.ensure_sql_login()',
    'set role postgres',
    'set session authorization postgres',
    'create role friend',
    "copy shop to program 'true'",
  ])('%s', async (statement) => {
    // 42501 insufficient privilege · 22023 no such role to set
    expect(await refused(statement)).toMatch(/^(42501|22023)$/);
  });

  test('record an outcome for a claim that is not its own', async () => {
    const victim = await held();
    const statement = `select reprise.record_outcome($1, 0, '', 7, $2, '{"kind":"succeeded","output":"1"}')`;
    expect(await refused(statement, [victim.address.run, randomUUID()])).toBe('RP001');
    expect(await recorded(victim)).toBeNull();
  });

  test.each([
    'commit',
    '; COMMIT',
    '/* a /* b */ */ -- c\n rollback',
    'begin',
    'end',
    'start transaction',
    "prepare transaction 'x'",
    'abort',
  ])('end its transaction: %j', async (statement) => {
    const task = await held();
    const code = await codeOf(
      work(task, async (transaction) => {
        await insert(transaction, 'kept');
        await transaction.query(statement);
      }),
    );
    expect([code, await words()]).toEqual(['TRANSACTION_CONTROL', []]);
  });

  test('smuggle in a second statement', async () => {
    expect(await refused("select 1; insert into shop values ('x')")).toBe('42601');
  });

  test('leave anything in the session for the next one', async () => {
    const single = new TransactionRunner({ database: db.database, databaseUrl: db.url, poolSize: 1 });
    stops.push(() => single.close());
    let leaked: UserTransaction | undefined;
    await work(
      await held(),
      async (transaction) => {
        leaked = transaction;
        for (const statement of [
          'set search_path = nowhere',
          'create temp table shop (word text)',
          'listen gossip',
          'prepare p as select 1',
          'select pg_advisory_lock(1)',
        ])
          await transaction.query(statement);
      },
      single,
    );
    const state = await work(
      await held(),
      async (transaction) =>
        (
          await transaction.query(
            `select current_setting('search_path') as path, to_regclass('pg_temp.shop') as temp, (select count(*)::int from pg_listening_channels()) as listening,
        (select count(*)::int from pg_prepared_statements) as prepared, (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`,
          )
        ).rows[0],
      single,
    );
    expect(state).toEqual({ path: 'public', temp: null, listening: 0, prepared: 0, locks: 0 });
    expect(await codeOf(leaked?.query('select 1') ?? Promise.resolve())).toBe('ENDED');
  });

  test('bring the executor down with an endless result', async () => {
    const task = await held();
    const code = await codeOf(
      work(task, (transaction) => transaction.query("select repeat('x', 1000), generate_series(1, 100000000)")),
    );
    expect(code).toBe('TOO_LARGE');
  });
});

describe('stopping', () => {
  test('an aborted signal cancels the running statement at the server, and nothing commits', async () => {
    const task = await held();
    const stop = new AbortController();
    const asleep = async () =>
      (
        await db.query(`select from pg_stat_activity where usename = $1 and state = 'active' and query like 'select pg_sleep%'`, [
          login,
        ])
      ).length;
    const running = codeOf(
      runner.run(
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
    const slow = runner.run(
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

describe('the login', () => {
  test('that is gone, or has another password, is made anew', async () => {
    const scratch = await TestDatabase.create();
    stops.push(() => scratch.end());
    const [row] = await scratch.query<{ user: string }>(
      `select value->>'user' as user from reprise.setting where name = 'sql_role'`,
    );
    await scratch.query(`drop owned by ${row?.user}`);
    await scratch.query(`drop role ${row?.user}`);
    const fresh = new TransactionRunner({ database: scratch.database, databaseUrl: scratch.url, poolSize: 2 });
    stops.unshift(() => fresh.close());
    const both = await Promise.all(
      [1, 2].map(() =>
        codeOf(
          fresh.run(
            runId(randomUUID()) && { run: runId(randomUUID()), node: 0, at: '' },
            fence(1),
            claimId(randomUUID()),
            async () => 1,
            outcomeOf,
          ),
        ),
      ),
    );
    expect(both).toEqual(['STALE', 'STALE']);
  });

  test('that could read the ledger is refused', async () => {
    const strong = new TransactionRunner({ database: db.database, databaseUrl: db.url, sqlUrl: db.url, poolSize: 1 });
    stops.push(() => strong.close());
    expect(await codeOf(work(await held(), async () => 1, strong))).toBe('LOGIN');
  });

  test('that is missing is named, with what to do', async () => {
    const scratch = await TestDatabase.create();
    stops.push(() => scratch.end());
    const [row] = await scratch.query<{ user: string }>(
      `select value->>'user' as user from reprise.setting where name = 'sql_role'`,
    );
    await scratch.query(
      `update reprise.setting set value = '{"kind":"missing","reason":"permission denied"}' where name = 'sql_role'`,
    );
    const fresh = new TransactionRunner({ database: scratch.database, databaseUrl: scratch.url, poolSize: 1 });
    stops.unshift(() => fresh.close());
    await expect(work(await held(), async () => 1, fresh)).rejects.toThrow(/REPRISE_SQL_URL \(permission denied\)/);
    await scratch.query(
      `update reprise.setting set value = jsonb_build_object('kind', 'ready', 'user', '${row?.user}') where name = 'sql_role'`,
    );
  });

  test('cannot be made by a role that may not create roles: migrating goes on, and says so', async () => {
    const owner = `reprise_owner_${randomUUID().slice(0, 8)}`;
    const scratch = await TestDatabase.create();
    await scratch.query(`create role ${owner} login password 'owner'`);
    stops.push(
      () => scratch.end(),
      () => db.query(`drop role ${owner}`),
    );
    await scratch.query(
      `grant all on schema reprise to ${owner}; grant all on reprise.setting to ${owner}; grant execute on function reprise.ensure_sql_login() to ${owner}`,
    );
    const url = new URL(scratch.url);
    url.username = owner;
    url.password = 'owner';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    await client.query('select reprise.ensure_sql_login()');
    const { rows } = await client.query(
      `select value->>'kind' as kind, value->>'reason' as reason from reprise.setting where name = 'sql_role'`,
    );
    await client.end();
    expect(rows).toEqual([{ kind: 'missing', reason: expect.stringMatching(/permission denied|must be/) }]);
  });
});

/** A wire to Postgres that is cut at the first commit: after it was carried out, or before it arrived. */
async function throughWire(commit: 'deliver' | 'swallow'): Promise<TransactionRunner> {
  const target = new URL(db.url);
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
  const url = new URL(db.url);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cutting = new TransactionRunner({ database: db.database, databaseUrl: url.href, poolSize: 1 });
  stops.push(
    () => cutting.close(),
    () => server.close(),
  );
  return cutting;
}
