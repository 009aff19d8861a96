import { afterAll, expect, test } from '@jest/globals';
import { decodeAttempts } from '@reprise/contracts';
import * as amqp from 'amqplib';
import { checkLedger } from './check-ledger.js';
import { deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const POINTS = ['before-claim', 'after-claim'] as const;
/** Of each life: a quick machine comes so far before it is known which calls are quick. */
const CLAIMS = [150, 300, 600, 1_200];
const faults = CLAIMS.flatMap((claims) => POINTS.map((point) => `executor.${point}:kill@${claims}`));
// Attempts share messages while their calls are quick, which they are not where fifty at a time are short of time; and few slots leave
// messages unclaimed in the executor's hands.
const reprise = await underChaos({ executor: { faults, env: { REPRISE_CONCURRENCY: '10' } } });
const deaths = () => deathsOf(reprise.all('executor'));
afterAll(() => reprise.end(), END_WITHIN_MS);

const BURST = 120;
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
    // Where an executor has died that had been sent packs.
    const struck = new Set<string>();
    let life = { number: 0, packs: 0 };
    for (let bursts = 0; bursts < MOST_BURSTS && struck.size < POINTS.length; bursts += 1) {
      const before = packs();
      const sent = await sendLoad(reprise, { runs: BURST });
      keys.push(...sent);
      await allEnded(reprise, sent);
      if (deaths() === life.number) continue;
      if (before > life.packs) struck.add(POINTS[life.number % POINTS.length] ?? '');
      life = { number: deaths(), packs: packs() };
    }
    expect([...struck].sort()).toEqual([...POINTS].sort());
    await checkLedger(reprise, { keys, faults: deaths(), atLeast: { runs: BURST, faults: POINTS.length } });
  },
  TEST_WITHIN_MS,
);
