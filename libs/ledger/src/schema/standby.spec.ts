import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TestDatabase } from '@reprise/testing';
import { classifyError } from '../connection/ledger-error.js';
import { Database, type Statement } from '../index.js';

/* A server that takes no writes is what a standby is to its clients, and a primary that was demoted under them. */

let db: TestDatabase;
let database: Database;
beforeEach(async () => {
  db = await TestDatabase.create();
  database = new Database({ url: db.url, applicationName: 'failover', poolSize: 1 });
});
afterEach(async () => {
  await database.close();
  await db.end();
});

const readOnly = (state: 'on' | 'off') => db.query(`alter database ${db.name} set default_transaction_read_only = ${state}`);
const sql = (text: string): Statement => ({ name: text.slice(0, 40), text });
const write = () => database.run(sql(`insert into reprise.setting (name, value) values ('failover', '1')`), []);
const refusal = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => null,
    (error: unknown) => error,
  );

test('a connection to a standby is none; once it is the primary, it is', async () => {
  await readOnly('on');
  const error = await refusal(database.connect());
  expect(error).toMatchObject({ code: '25006', message: expect.stringContaining('takes no writes') });
  expect(classifyError(error)).toBe('unavailable');
  await readOnly('off');
  await database.connect();
  await write();
});

test.each(['statement', 'transaction'] as const)(
  'a connection whose server was demoted is given up by the %s that finds out',
  async (way) => {
    await database.connect();
    // What a demotion looks like from a connection that outlives it.
    await database.run(sql('set default_transaction_read_only = on'), []);
    const attempt =
      way === 'statement' ? write() : database.transaction((session) => session.run(sql(`delete from reprise.setting`), []));
    const error = await refusal(attempt);
    expect([(error as { code: unknown }).code, classifyError(error)]).toEqual(['25006', 'unavailable']);
    await write();
  },
);

test('every connection has the settings of the engine', async () => {
  await database.connect();
  const [row] = await database.run(
    sql(
      `select current_setting('search_path') as path, current_setting('plan_cache_mode') as plans, current_setting('lock_timeout') as lock`,
    ),
    [],
  );
  expect(row).toEqual({ path: 'reprise', plans: 'force_custom_plan', lock: '10s' });
});
