import { afterAll, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { allStruck, deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const faults = [
  'executor.before-report:kill@4',
  'executor.after-report:kill@4',
  'executor.before-report:kill@9',
  'executor.after-report:kill@9',
];
const reprise = await underChaos({ executor: { faults } });
const deaths = () => deathsOf(reprise.all('executor'));
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'an executor that dies with outcomes in its hands, or just let go, costs an attempt at most, and no effect in the ledger',
  async () => {
    const keys = await sendLoad(reprise, { runs: 200, everyMs: 30, until: allStruck(deaths, faults) });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: 200, faults: faults.length } });
  },
  TEST_WITHIN_MS,
);
