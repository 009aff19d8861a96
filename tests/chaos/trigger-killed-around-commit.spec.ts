import { afterAll, expect, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { allStruck, deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

// Not committed; committed but not told; told but not acknowledged; each of them twice.
const points = ['before-commit', 'after-commit', 'before-ack'];
const faults = [1, 3].flatMap((hit) => points.map((point) => `trigger.${point}:kill@${hit}`));
const reprise = await underChaos({ trigger: { faults } });
const deaths = () => deathsOf(reprise.all('trigger'));
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'a trigger that dies before its commit, or between that and its acknowledgement, starts nothing twice and loses nothing',
  async () => {
    const keys = await sendLoad(reprise, { runs: 200, everyMs: 30, until: allStruck(deaths, faults) });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: 200, faults: faults.length } });
    const events = await reprise.database.query<{ outcome: string }>(`select distinct outcome from reprise.trigger_event`);
    expect(events).toEqual([{ outcome: 'accepted' }]);
  },
  TEST_WITHIN_MS,
);
