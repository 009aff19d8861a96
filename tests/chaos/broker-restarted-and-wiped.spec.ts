import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';
import { OwnBroker } from './own-broker.js';

const broker = await OwnBroker.start();
const reprise = await underChaos({}, { brokerUrl: broker.url });
afterAll(async () => {
  await reprise.end();
  await broker.end();
}, END_WITHIN_MS);

const count = async (condition: string) => {
  const [row] = await reprise.database.query<{ count: number }>(
    `select count(*)::int as count from reprise.run where ${condition}`,
  );
  return row?.count ?? 0;
};

/** All of it is in the ledger, and none of it has ended when it goes on. */
async function loadInFlight(runs: number): Promise<readonly string[]> {
  const before = await count('true');
  reprise.recorder.hold();
  const keys = await sendLoad(reprise, { runs, ms: 1_500 });
  await eventually(async () => (await count('true')) === before + runs, {
    what: 'the load is in the ledger',
    timeoutMs: PATIENCE_MS,
  });
  expect(await count('ended_at is null')).toBe(runs);
  reprise.recorder.release();
  return keys;
}

test(
  'the broker restarts in the middle of it all, then comes back without anything it had: every run finishes',
  async () => {
    const restarted = await loadInFlight(150);
    await broker.restart({ wipe: false });
    await allEnded(reprise, restarted);
    const wiped = await loadInFlight(150);
    await broker.restart({ wipe: true });
    await allEnded(reprise, wiped);
    const after = await sendLoad(reprise, { runs: 20 });
    await allEnded(reprise, after);
    await checkLedger(reprise, { keys: [...restarted, ...wiped, ...after], faults: 2, atLeast: { runs: 320, faults: 2 } });
  },
  TEST_WITHIN_MS,
);
