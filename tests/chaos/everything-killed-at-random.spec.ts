import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, test } from '@jest/globals';
import type { ServiceName } from '../system/installation.js';
import { checkLedger } from './check-ledger.js';
import { deathsOf, underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const reprise = await underChaos();
const second = reprise.startOne('executor', { restart: true });
await second.ready();
afterAll(() => reprise.end(), END_WITHIN_MS);

const NAMES: readonly ServiceName[] = ['trigger', 'scheduler', 'executor', 'monitor'];
const ROUNDS = 12;

test(
  'kill -9 of any service at any moment, again and again: every accepted start ends in one run',
  async () => {
    const sending = sendLoad(reprise, { runs: 300, ms: 5, everyMs: 30 });
    const services = NAMES.flatMap((name) => reprise.all(name));
    for (let round = 0; round < ROUNDS; round += 1) {
      // The moment is the danger: it is not waited for, it is drawn.
      await pause(300 + Math.random() * 900);
      await services[Math.floor(Math.random() * services.length)]?.kill('SIGKILL');
    }
    const keys = await sending;
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: deathsOf(services), atLeast: { runs: 300, faults: ROUNDS / 2 } });
  },
  TEST_WITHIN_MS,
);
