import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { claimId, type JsonText, type TaskState } from '@reprise/core';
import { ClaimStore, Database, type KeyedTicket } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { eventually, TcpProxy, TestDatabase } from '@reprise/testing';
import { insertTasks } from '../../libs/ledger/test/rows.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from '../chaos/load.js';
import { DatabasePair } from './database-pair.js';

/*
 * A server that dies before it has answered a commit is not asked what became of it: the transaction's number may be another's by then.
 * A claim has a number of its own.
 */

let pair: DatabasePair;
let db: TestDatabase;
let link: TcpProxy;
let database: Database;
beforeEach(async () => {
  pair = await DatabasePair.start({ synchronous: false });
  db = await TestDatabase.on(pair.url);
  link = await TcpProxy.to(pair.url);
  database = new Database({ url: link.url, applicationName: 'far', poolSize: 2 });
  await database.connect();
}, 120_000);
afterEach(async () => {
  await database.close();
  await link.end();
  await db.end();
  await pair.end();
}, END_WITHIN_MS);

async function ticket(idempotencyKey: string, fields: Partial<TaskState> = {}): Promise<KeyedTicket> {
  const [made] = await insertTasks(db.database, 1, { idempotencyKey, ...fields });
  return { ...made!, call: 'payments.charge' };
}

const claimOf = async ({ run }: KeyedTicket) =>
  (await pair.on('one', `select claim from reprise.task where run_id = '${run}'`))[0]?.['claim'];

/** From the moment in which a transaction is about to commit no answer comes through. */
function swallowCommit(): Promise<void> {
  const transaction = database.transaction.bind(database);
  return new Promise((resolve) => {
    database.transaction = (work) =>
      transaction(async (session) => {
        const result = await work(session);
        database.transaction = transaction;
        link.halfOpen();
        resolve();
        return result;
      });
  });
}

const life = async () => (await pair.on('one', 'select stats_reset::text from pg_stat_archiver'))[0]?.['stats_reset'];

/** One process that dies takes the memory of all with it. */
async function crash(): Promise<void> {
  const before = await life();
  const [row] = await pair.on('one', `select pid from pg_stat_activity where application_name = 'far' limit 1`);
  process.kill(Number(row?.['pid']), 'SIGKILL');
  await eventually(async () => (await life()) !== before, { what: 'the server to be there again', timeoutMs: PATIENCE_MS });
}

test(
  'a claim under business keys that the server had on disk when it died is found: what it holds begins, what must wait waits',
  async () => {
    const claim = (store: ClaimStore, tickets: readonly KeyedTicket[], id = claimId(systemClock.uuid())) =>
      store.claimKeyed(tickets, id, 'executor-1', 15_000, (input: JsonText) => input, 'default');
    await claim(new ClaimStore(db.database), [await ticket('taken')]);
    const [free, taken] = [await ticket('free'), await ticket('taken')];
    const id = claimId(systemClock.uuid());
    const committing = swallowCommit();
    const claiming = claim(new ClaimStore(database), [free, taken], id);
    await committing;
    await eventually(async () => (await claimOf(free)) === id, { what: 'the claim to commit', timeoutMs: PATIENCE_MS });
    await crash();
    link.pass();
    link.cut();
    const { claimed, inProgress } = await claiming;
    expect(claimed).toMatchObject([{ claimed: { run: free.run, claim: id, fence: 2 }, verdict: { kind: 'owned' } }]);
    expect(inProgress).toMatchObject([{ run: taken.run }]);
  },
  TEST_WITHIN_MS,
);
