import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const reprise = await underChaos();
afterAll(() => reprise.end(), END_WITHIN_MS);

/** Those of the services; not the test's own. Answers how many. */
async function killConnections(): Promise<number> {
  const rows = await reprise.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'reprise %'`,
  );
  return rows.length;
}

/** How many runs have begun and how many tasks have ended, together. */
async function committed(): Promise<number> {
  const [row] = await reprise.database.query<{ count: number }>(
    `select (select count(*) from reprise.run)::int + (select count(*) from reprise.task where ended_at is not null)::int as count`,
  );
  return row?.count ?? 0;
}

const LEAST_KILLED = 30;

test(
  'with every connection to Postgres killed twice a second under load, commits whose answer was lost are looked up',
  async () => {
    let killed = 0;
    let isSent = false;
    const until = { isSo: () => killed >= LEAST_KILLED, soFar: () => `${killed} connections were killed` };
    const sending = sendLoad(reprise, { runs: 300, ms: 5, everyMs: 20, until });
    const sent = () => {
      isSent = true;
    };
    sending.then(sent, sent);
    while (!isSent) {
      const before = await committed();
      killed += await killConnections();
      await pause(500);
      // A machine that needs longer than that for anything would otherwise never get anything done.
      await reprise.orTell(
        eventually(async () => isSent || (await committed()) > before, { what: 'something is done', timeoutMs: PATIENCE_MS }),
      );
    }
    const keys = await sending;
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: killed, atLeast: { runs: 300, faults: LEAST_KILLED } });
  },
  TEST_WITHIN_MS,
);
