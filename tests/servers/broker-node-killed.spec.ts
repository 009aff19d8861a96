import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from '../chaos/check-ledger.js';
import { underChaos } from '../chaos/faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from '../chaos/load.js';
import { BrokerCluster } from './broker-cluster.js';
import { ledgerNow, longestPause } from './longest-pause.js';

const cluster = await BrokerCluster.start();
// The services prefer the nodes that will be killed; the test looks on over the one that will not.
const reprise = await underChaos({}, { brokerUrl: cluster.url(1), amqpUrl: () => cluster.urlOver(2, 3, 1) });
afterAll(async () => {
  await reprise.end();
  await cluster.end();
}, END_WITHIN_MS);

/** Starts after the death of a node, at 150 ms each: longer than it takes to go on. */
const SINCE_DEATH = 40;

const started = async () => {
  const [row] = await reprise.database.query<{ count: number }>(`select count(*)::int as count from reprise.run`);
  return row?.count ?? 0;
};

/** Load all the while, from before the node is killed until some time after. */
async function whileKilling(node: number): Promise<readonly string[]> {
  const before = await started();
  let sinceDeath: number | null = null;
  const goneOn = () => {
    if (sinceDeath === null) return false;
    sinceDeath += 1;
    return sinceDeath > SINCE_DEATH;
  };
  const until = { isSo: goneOn, soFar: () => `${sinceDeath ?? 'none'} started since it was killed` };
  const sending = sendLoad(reprise, { runs: 60, ms: 200, everyMs: 25, until });
  await eventually(async () => (await started()) >= before + 40, { what: 'the load to be under way', timeoutMs: PATIENCE_MS });
  await cluster.kill(node);
  const moment = await ledgerNow(reprise);
  sinceDeath = 0;
  const keys = await sending;
  await allEnded(reprise, keys);
  expect(await longestPause(reprise, moment)).toBeLessThan(60);
  return keys;
}

test(
  'of three nodes one is killed under load, comes back, and another is killed: nothing is lost, every run finishes',
  async () => {
    const first = await whileKilling(2);
    await cluster.restart(2);
    // The second death takes the majority with it, unless the node that came back is a full member again.
    const second = await whileKilling(3);
    await cluster.restart(3);
    await checkLedger(reprise, { keys: [...first, ...second], faults: 2, atLeast: { runs: 200, faults: 2 } });
  },
  TEST_WITHIN_MS,
);
