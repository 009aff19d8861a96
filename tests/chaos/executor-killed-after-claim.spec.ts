import { afterAll, expect, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { allStruck, deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const faults = [2, 6, 10].map((hit) => `executor.after-claim:kill@${hit}`);
const reprise = await underChaos({ executor: { faults } });
const deaths = () => deathsOf(reprise.all('executor'));
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'an attempt claimed by an executor that died is lost, not failed, and is claimed again under a higher fence',
  async () => {
    const keys = await sendLoad(reprise, { runs: 200, ms: 20, everyMs: 30, until: allStruck(deaths, faults) });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: 200, faults: faults.length } });
    const lost = await reprise.database.query<{ why: string }>(
      `select verdict::text as why from reprise.attempt where outcome = 'lost'`,
    );
    expect(lost.length).toBeGreaterThanOrEqual(3);
    for (const { why } of lost) expect(JSON.parse(why)).toMatchObject({ reason: 'lost', action: 'retry', code: 'LOST' });
  },
  TEST_WITHIN_MS,
);
