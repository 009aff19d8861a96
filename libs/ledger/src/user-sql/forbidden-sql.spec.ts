import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { codeOf, insert, UserTransactions } from '../../test/user-transactions.js';
import { TransactionRunner, type UserTransaction } from '../index.js';

const user = new UserTransactions();
const { held, recorded, words, work } = user;
beforeAll(user.begin);
afterAll(user.end);
beforeEach(user.beginTest);
afterEach(user.endTest);

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
    const single = new TransactionRunner({ database: user.db.database, databaseUrl: user.db.url, poolSize: 1 });
    user.stops.push(() => single.close());
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
