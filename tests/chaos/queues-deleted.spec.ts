import { afterAll, expect, test } from '@jest/globals';
import { dropTopology, eventually } from '@reprise/testing';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const reprise = await underChaos();
afterAll(() => reprise.end(), END_WITHIN_MS);

const openRuns = async () => {
  const [row] = await reprise.database.query<{ count: number }>(
    `select count(*)::int as count from reprise.run where ended_at is null`,
  );
  return row?.count ?? 0;
};

/** A start that a client of the broker cannot lose: its message is in the ledger when HTTP has answered. */
const committed = () => reprise.database.query(`select id from reprise.run`);

test(
  'with every queue, exchange and message of ours deleted under load, every run that was accepted still finishes',
  async () => {
    // None of them ends before all are there: their handlers go on when the queues go.
    reprise.recorder.hold();
    const first = await sendLoad(reprise, { runs: 150, ms: 1_500 });
    // Once they are in the ledger: an event in the broker alone goes with the broker.
    await eventually(async () => (await committed()).length === first.length, {
      what: 'the load is in the ledger',
      timeoutMs: PATIENCE_MS,
    });
    expect(await openRuns()).toBe(first.length);
    reprise.recorder.release();
    await dropTopology(reprise.broker.prefix, ['default']);
    await allEnded(reprise, first);
    const second = await sendLoad(reprise, { runs: 50 });
    await allEnded(reprise, second);
    await checkLedger(reprise, { keys: [...first, ...second], faults: 1, atLeast: { runs: 200, faults: 1 } });
  },
  TEST_WITHIN_MS,
);
