import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, sendLoad, TEST_WITHIN_MS } from './load.js';

const reprise = await underChaos();
afterAll(() => reprise.end(), 60_000);

/** Those of the services; not the test's own. Answers how many. */
async function killConnections(): Promise<number> {
  const rows = await reprise.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'reprise %'`,
  );
  return rows.length;
}

test(
  'with every connection to Postgres killed twice a second under load, commits whose answer was lost are looked up',
  async () => {
    const sending = sendLoad(reprise, { runs: 300, ms: 5, everyMs: 20 });
    let killed = 0;
    let isSent = false;
    const sent = () => {
      isSent = true;
    };
    sending.then(sent, sent);
    while (!isSent) {
      killed += await killConnections();
      await pause(500);
    }
    const keys = await sending;
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: killed, atLeast: { runs: 300, faults: 30 } });
  },
  TEST_WITHIN_MS,
);
