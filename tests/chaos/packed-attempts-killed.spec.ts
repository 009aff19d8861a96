import { afterAll, expect, test } from '@jest/globals';
import { decodeAttempts } from '@reprise/contracts';
import * as amqp from 'amqplib';
import { checkLedger } from './check-ledger.js';
import { deathsOf, underChaos } from './faults.js';
import { allEnded, sendLoad, TEST_WITHIN_MS } from './load.js';

const faults = ['executor.before-claim:kill@8', 'executor.after-claim:kill@16'];
const reprise = await underChaos({ executor: { faults } });
const deaths = () => deathsOf(reprise.all('executor'));
afterAll(() => reprise.end(), 60_000);

const BURST = 60;
const MOST_BURSTS = 100;

/** Counts messages that carry several attempts. */
async function countPacks(): Promise<() => number> {
  const { url, names } = reprise.broker;
  const connection = await amqp.connect(url);
  reprise.onEnd(() => connection.close());
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, names.attempts, '#');
  let packs = 0;
  await channel.consume(
    queue,
    (message) => {
      const decoded = decodeAttempts(message?.content ?? Buffer.from(''));
      if (decoded.kind === 'ok' && decoded.value.length > 1) packs += 1;
    },
    { noAck: true },
  );
  return () => packs;
}

test(
  'an executor that dies with a message of several attempts leaves each of them to the next one, whether it was claimed or not',
  async () => {
    const packs = await countPacks();
    const keys: string[] = [];
    // Which calls are quick is known after a second or two, and again when the lease of an executor that has died is over.
    for (let bursts = 0; bursts < MOST_BURSTS && (deaths() < faults.length || packs() < 5); bursts += 1) {
      const sent = await sendLoad(reprise, { runs: BURST });
      keys.push(...sent);
      await allEnded(reprise, sent);
    }
    expect(packs()).toBeGreaterThanOrEqual(5);
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: BURST, faults: faults.length } });
  },
  TEST_WITHIN_MS,
);
