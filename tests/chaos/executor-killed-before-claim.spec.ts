import { afterAll, expect, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { allStruck, deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const faults = [3, 7, 11].map((hit) => `executor.before-claim:kill@${hit}`);
const reprise = await underChaos({ executor: { faults } });
const deaths = () => deathsOf(reprise.all('executor'));
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'an executor that dies before its claim commits leaves its tickets to the next one',
  async () => {
    const keys = await sendLoad(reprise, { runs: 200, everyMs: 30, until: allStruck(deaths, faults) });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: 200, faults: faults.length } });
    // What ran elsewhere in the same process may be lost with it; what was not claimed is not.
    expect(reprise.recorder.effects.length).toBeGreaterThanOrEqual(200 * 4);
  },
  TEST_WITHIN_MS,
);
