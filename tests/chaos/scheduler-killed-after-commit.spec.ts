import { afterAll, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { allStruck, deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const points = ['after-commit', 'before-publish', 'before-ack'];
const faults = [5, 12].flatMap((hit) => points.map((point) => `scheduler.${point}:kill@${hit}`));
const reprise = await underChaos({ scheduler: { faults } });
const deaths = () => deathsOf(reprise.all('scheduler'));
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'a scheduler that dies after its commit, before it publishes or before it acknowledges is made up for by redelivery',
  async () => {
    const keys = await sendLoad(reprise, { runs: 200, everyMs: 30, until: allStruck(deaths, faults) });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: 200, faults: faults.length } });
  },
  TEST_WITHIN_MS,
);
