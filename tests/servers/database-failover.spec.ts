import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from '../chaos/check-ledger.js';
import { underChaos } from '../chaos/faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from '../chaos/load.js';
import { requestTo } from '../system/installation.js';
import { DatabasePair } from './database-pair.js';
import { ledgerNow, longestPause } from './longest-pause.js';

const pair = await DatabasePair.start({ synchronous: true });
const reprise = await underChaos({}, { databaseOn: pair.url });
afterAll(async () => {
  await reprise.end();
  await pair.end();
}, END_WITHIN_MS);

const SERVICES = ['trigger', 'scheduler', 'executor', 'monitor'] as const;
/** Starts after the promotion, at 150 ms each. */
const SINCE_PROMOTION = 40;

const ended = async () => (await reprise.database.query(`select from reprise.run where ended_at is not null`)).length;
const readiness = () =>
  Promise.all(SERVICES.map(async (name) => (await requestTo(reprise.one(name).url, 'GET', '/readyz')).status));

test(
  'the primary is killed under load and its synchronous standby is promoted: nothing accepted is lost, and every service goes on by itself',
  async () => {
    let sincePromotion: number | null = null;
    const goneOn = () => {
      if (sincePromotion === null) return false;
      sincePromotion += 1;
      return sincePromotion > SINCE_PROMOTION;
    };
    const until = { isSo: goneOn, soFar: () => `${sincePromotion ?? 'none'} started since the promotion` };
    const sending = sendLoad(reprise, { runs: 100, ms: 200, everyMs: 25, until });
    await eventually(async () => (await ended()) >= 40, { what: 'the load is under way', timeoutMs: PATIENCE_MS });

    const moment = await ledgerNow(reprise);
    await pair.kill('one');
    // As an address that was moved too early: a standby is of no use yet, and must not be taken for the ledger.
    pair.leadTo('two');
    await reprise.orTell(
      eventually(async () => expect(await readiness()).toEqual(SERVICES.map(() => 503)), {
        what: 'every service says that it is not ready',
        timeoutMs: PATIENCE_MS,
      }),
    );
    expect(await pair.on('two', 'select pg_promote() as done')).toEqual([{ done: true }]);
    sincePromotion = 0;
    await reprise.orTell(
      eventually(async () => expect(await readiness()).toEqual(SERVICES.map(() => 200)), {
        what: 'every service is ready again',
        timeoutMs: PATIENCE_MS,
      }),
    );

    const keys = await sending;
    await allEnded(reprise, keys);
    for (const name of SERVICES) expect([name, reprise.one(name).ends]).toEqual([name, []]);
    expect(await longestPause(reprise, moment)).toBeLessThan(60);
    await checkLedger(reprise, { keys, faults: 1, atLeast: { runs: 120, faults: 1 } });
  },
  TEST_WITHIN_MS,
);
