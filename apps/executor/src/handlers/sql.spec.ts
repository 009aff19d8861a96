import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, fence, type Json, type JsonText, runId } from '@reprise/core';
import { TransactionRunner, UserSql } from '@reprise/ledger';
import { eventually, TestDatabase } from '@reprise/testing';
import { attemptUnderTest, failureOf, LIMITS } from '../../test/attempt-under-test.js';
import { sqlHandler } from './sql.js';

let db: TestDatabase;
let databases: UserSql;
let runner: TransactionRunner;
let handler: ReturnType<typeof sqlHandler>;

beforeAll(async () => {
  db = await TestDatabase.create();
  await db.query('create table public.shop (id int primary key, word text not null, at timestamptz)');
  const [row] = await db.query<{ login: string }>(`select value->>'user' as login from reprise.setting where name = 'sql_role'`);
  await db.query(`grant all on public.shop to ${row?.login}`);
  databases = new UserSql({
    connections: new Map([
      ['shop', db.url],
      ['closed', 'postgres://nobody@127.0.0.1:1/none'],
    ]),
    poolSize: 1,
  });
  runner = new TransactionRunner({ database: db.database, databaseUrl: db.url, poolSize: 2 });
  handler = sqlHandler(databases, LIMITS);
});
afterAll(async () => {
  await databases.close();
  await runner.close();
  await db.end();
});
beforeEach(() => db.query('delete from public.shop'));

/** An attempt as the executor makes it, on a task row it has claimed. */
async function onLedger() {
  const address = { run: runId(randomUUID()), node: 0, at: '' };
  const claim = claimId(randomUUID());
  await db.query(
    `insert into reprise.task (run_id, node, at, status, attempt, fence, claim, queue, created_at, lease_until)
     values ($1, 0, '', 'running', 1, 7, $2, 'default', now(), now() + interval '1 minute')`,
    [address.run, claim],
  );
  const outcomeOf = (output: unknown) => JSON.stringify({ kind: 'succeeded', output: JSON.stringify(output) }) as JsonText;
  const attempt = attemptUnderTest({ transaction: (work) => runner.run(address, fence(7), claim, work, outcomeOf) });
  const recorded = async () =>
    (await db.query<{ recorded: string | null }>('select recorded from reprise.task where run_id = $1', [address.run]))[0]
      ?.recorded ?? null;
  return { attempt, recorded };
}

const call = (input: Json, attempt = attemptUnderTest()) => handler.run(input, attempt);
const onShop = (query: string, params: Json = [], attempt = attemptUnderTest()) =>
  call({ connection: 'Shop', query, params }, attempt);
const stored = () => db.query('select id, word from public.shop order by id');
/** Connections to the test's own database that are busy with this: other test runs use the same server. */
const atWork = async (query: string): Promise<readonly number[]> =>
  (
    await db.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and state = 'active' and query = $1`,
      [query],
    )
  ).map(({ pid }) => pid);

describe('on the ledger, which is the default', () => {
  test('a statement and the outcome it makes commit together', async () => {
    const { attempt, recorded } = await onLedger();
    const rows = [
      { id: 1, word: 'a' },
      { id: 2, word: 'b' },
    ];
    const query = 'insert into shop (id, word) select * from jsonb_to_recordset($1) as d (id int, word text) returning id';
    const output = await call({ query, params: [rows] }, attempt);
    expect(output).toEqual({ rows: [{ id: 1 }, { id: 2 }], rowCount: 2 });
    expect(await stored()).toEqual(rows);
    expect(JSON.parse((await recorded()) ?? '')).toEqual({ kind: 'succeeded', output: JSON.stringify(output) });
  });

  test('an output that cannot be kept undoes the effect', async () => {
    const { attempt, recorded } = await onLedger();
    const query = `insert into shop (id, word) select i, repeat('x', 100) from generate_series(1, 2000) as i returning *`;
    expect(await failureOf(call({ query }, attempt))).toMatchObject({ code: 'sql.TOO_LARGE', retryable: false });
    expect([await stored(), await recorded()]).toEqual([[], null]);
  });

  test('Reprise’s own tables are out of reach', async () => {
    const { attempt } = await onLedger();
    expect(await failureOf(call({ query: 'delete from reprise.task' }, attempt))).toMatchObject({
      code: 'sql.42501',
      retryable: false,
    });
  });
});

describe('on a connection of one’s own', () => {
  test('values become what JSON can hold, exactly', async () => {
    const query = `select true as yes, 9007199254740993 as big, 7 as small, 1.10 as exact, 1.5::float8 as about, 'NaN'::float8 as none,
      '2026-11-22 13:11:00.123456+02'::timestamptz as at, timestamp '2026-11-22 13:11:00' as "local", date '2026-11-22' as day,
      '\\x00ff'::bytea as bytes, '{"a":[1,null]}'::jsonb as doc, array[1,null,2] as ints, array[9007199254740993] as bigs,
      array['{"a":1}'::jsonb] as docs, '0190b5a0-0000-7000-8000-000000000001'::uuid as id, null as nothing, interval '1 day' as span`;
    expect(await onShop(query)).toEqual({
      rowCount: 1,
      rows: [
        {
          yes: true,
          big: '9007199254740993',
          small: 7,
          exact: '1.10',
          about: 1.5,
          none: 'NaN',
          at: '2026-11-22T11:11:00.123456Z',
          local: '2026-11-22T13:11:00',
          day: '2026-11-22',
          bytes: '\\x00ff',
          doc: { a: [1, null] },
          ints: [1, null, 2],
          bigs: ['9007199254740993'],
          docs: [{ a: 1 }],
          id: '0190b5a0-0000-7000-8000-000000000001',
          nothing: null,
          span: '1 day',
        },
      ],
    });
  });

  test('a list is an array where the parameter is one, and JSON elsewhere; a map is JSON', async () => {
    const query = `select $1::int[] as ints, $2::jsonb as list, $3::jsonb as map, $4::text as text, $5::jsonb as empty, $6::text[] as none`;
    const params = [[1, 2], [1, { a: "it's" }], { b: [] }, 'plain', [], []];
    expect(await onShop(query, params)).toMatchObject({
      rows: [{ ints: [1, 2], list: [1, { a: "it's" }], map: { b: [] }, text: 'plain', empty: [], none: [] }],
    });
  });

  test('a parameter is never part of the statement', async () => {
    await onShop('insert into shop values ($1, $2)', [1, "'); drop table shop; --"]);
    expect(await stored()).toEqual([{ id: 1, word: "'); drop table shop; --" }]);
  });

  test('nothing is left in the session for the next statement', async () => {
    await onShop('set search_path = nowhere');
    await onShop('create temp table mine ()');
    expect(await onShop(`select current_setting('search_path') as path, to_regclass('pg_temp.mine') as mine`)).toMatchObject({
      rows: [{ path: '"$user", public', mine: null }],
    });
  });

  test.each<[string, string, Json, object]>([
    [
      'a syntax error, with its place',
      'select 1,\n  from shop',
      [],
      { code: 'sql.42601', retryable: false, message: expect.stringMatching(/\(line 2, column 3\)$/) },
    ],
    [
      'a missing table, with its place although a list is sent',
      'select *\nfrom nowhere where id = any($1)',
      [[1]],
      { code: 'sql.42P01', retryable: false, message: 'relation "nowhere" does not exist (line 2, column 6)' },
    ],
    ['a second statement', 'select 1; select 2', [], { code: 'sql.42601', retryable: false }],
    ['a division by zero', 'select 1/0', [], { code: 'sql.22012', retryable: false }],
    ['a parameter that is missing', 'select $1::int', [], { code: 'sql.08P01' }],
    [
      'a serialization failure',
      `do $$ begin raise exception 'x' using errcode = '40001'; end $$`,
      [],
      { code: 'sql.40001', retryable: null },
    ],
    ['a transaction of its own', 'BEGIN', [], { code: 'INVALID_INPUT', retryable: false }],
    ['too many rows', 'select from generate_series(1, 10001)', [], { code: 'sql.TOO_LARGE', retryable: false }],
    [
      'too many bytes',
      `select repeat('x', 1000), generate_series(1, 100000000)`,
      [],
      { code: 'sql.TOO_LARGE', retryable: false },
    ],
  ])('fails with %s', async (_, query, params, expected) => {
    expect(await failureOf(onShop(query, params))).toMatchObject(expected);
  });

  test('a violated constraint is named', async () => {
    await onShop(`insert into shop values (1, 'a')`);
    expect(await failureOf(onShop(`insert into shop values (1, 'b')`))).toMatchObject({
      code: 'sql.23505',
      retryable: false,
      details: { constraint: 'shop_pkey', table: 'shop', detail: 'Key (id)=(1) already exists.' },
    });
  });

  test('a stopped attempt cancels its statement at the server', async () => {
    const attempt = attemptUnderTest({ deadline: Date.now() + 600_000 });
    const running = failureOf(onShop('select pg_sleep(600)', [], attempt));
    await eventually(async () => expect(await atWork('select pg_sleep(600)')).toHaveLength(1), { what: 'the statement to run' });
    attempt.stop();
    expect(await running).toMatchObject({ code: 'CANCELLED' });
    await eventually(async () => expect(await atWork('select pg_sleep(600)')).toEqual([]), {
      what: 'the server to have stopped it',
    });
    expect(await onShop('select 1 as one')).toMatchObject({ rows: [{ one: 1 }] });
  });

  test('the server knows the deadline too', async () => {
    const attempt = attemptUnderTest({ deadline: Date.now() + 100 });
    expect(await failureOf(onShop('select pg_sleep(20)', [], attempt))).toMatchObject({ code: 'sql.57014' });
  });

  test('a database that is not there: nothing has happened', async () => {
    expect(await failureOf(call({ connection: 'closed', query: 'select 1' }))).toMatchObject({
      code: 'sql.08001',
      retryable: null,
      details: { cause: 'ECONNREFUSED', happened: false },
    });
  });

  test('a connection that breaks is an error of this task only', async () => {
    const query = 'select pg_sleep(50) as broken';
    const running = failureOf(onShop(query));
    const [pid] = await eventually(async () => ((pids) => pids.length > 0 && pids)(await atWork(query)), {
      what: 'the statement to run',
    });
    await db.query('select pg_terminate_backend($1)', [pid]);
    expect(await running).toMatchObject({ code: 'sql.57P01', retryable: null });
    expect(await onShop('select 1 as one')).toMatchObject({ rows: [{ one: 1 }] });
  });
});

describe('an input', () => {
  test.each<[Json, RegExp]>([
    [{}, /`query` is missing/],
    [{ query: 'select 1', parms: [] }, /did you mean `params`\?/],
    [{ query: 'select 1', params: { a: 1 } }, /`params` must be a list, not a map/],
    [{ query: 'select 1', connection: 'shpo' }, /REPRISE_CONNECTION_SHPO\); did you mean "shop"\?/],
    [{ query: 'select 1', connection: 'elsewhere' }, /known: ledger, closed, shop/],
  ])('like %j is refused for good', async (input, message) => {
    expect(await failureOf(call(input))).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});
