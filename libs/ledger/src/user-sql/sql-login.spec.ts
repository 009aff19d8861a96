import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimId, fence, runId } from '@reprise/core';
import { TestDatabase } from '@reprise/testing';
import { Client } from 'pg';
import { codeOf, outcomeOf, UserTransactions } from '../../test/user-transactions.js';
import { TransactionRunner } from '../index.js';

const user = new UserTransactions();
const { held, work } = user;
beforeAll(user.begin);
afterAll(user.end);
beforeEach(user.beginTest);
afterEach(user.endTest);

describe('the login', () => {
  test('that is gone, or has another password, is made anew', async () => {
    const scratch = await TestDatabase.create();
    user.stops.push(() => scratch.end());
    const [row] = await scratch.query<{ user: string }>(
      `select value->>'user' as user from reprise.setting where name = 'sql_role'`,
    );
    await scratch.query(`drop owned by ${row?.user}`);
    await scratch.query(`drop role ${row?.user}`);
    const fresh = new TransactionRunner({ database: scratch.database, databaseUrl: scratch.url, poolSize: 2 });
    user.stops.unshift(() => fresh.close());
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
    const strong = new TransactionRunner({
      database: user.db.database,
      databaseUrl: user.db.url,
      sqlUrl: user.db.url,
      poolSize: 1,
    });
    user.stops.push(() => strong.close());
    expect(await codeOf(work(await held(), async () => 1, strong))).toBe('LOGIN');
  });

  test('that is missing is named, with what to do', async () => {
    const scratch = await TestDatabase.create();
    user.stops.push(() => scratch.end());
    const [row] = await scratch.query<{ user: string }>(
      `select value->>'user' as user from reprise.setting where name = 'sql_role'`,
    );
    await scratch.query(
      `update reprise.setting set value = '{"kind":"missing","reason":"permission denied"}' where name = 'sql_role'`,
    );
    const fresh = new TransactionRunner({ database: scratch.database, databaseUrl: scratch.url, poolSize: 1 });
    user.stops.unshift(() => fresh.close());
    await expect(work(await held(), async () => 1, fresh)).rejects.toThrow(/REPRISE_SQL_URL \(permission denied\)/);
    await scratch.query(
      `update reprise.setting set value = jsonb_build_object('kind', 'ready', 'user', '${row?.user}') where name = 'sql_role'`,
    );
  });

  test('cannot be made by a role that may not create roles: migrating goes on, and says so', async () => {
    const owner = `reprise_owner_${randomUUID().slice(0, 8)}`;
    const scratch = await TestDatabase.create();
    await scratch.query(`create role ${owner} login password 'owner'`);
    user.stops.push(
      () => scratch.end(),
      () => user.db.query(`drop role ${owner}`),
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
