import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { eventually, POSTGRES_URL, TcpProxy } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const proxy = await TcpProxy.to(POSTGRES_URL);
const through = (direct: string) => {
  const url = new URL(direct);
  const { hostname, port } = new URL(proxy.url);
  return Object.assign(url, { hostname, port }).href;
};
const reprise = await underChaos({}, { databaseUrl: through });
afterAll(async () => {
  proxy.pass();
  await reprise.end();
  await proxy.end();
}, END_WITHIN_MS);

const readiness = async () => (await requestTo(reprise.one('scheduler').url, 'GET', '/readyz')).status;

test.each(['drop', 'stall'] as const)(
  'with Postgres out of reach for five seconds (%s) nothing dies, nothing is lost, and /readyz tells',
  async (kind) => {
    const sending = sendLoad(reprise, { runs: 150, ms: 20, everyMs: 20 });
    const before = reprise.recorder.effects.length;
    await eventually(() => reprise.recorder.effects.length > before + 20, { what: 'the load runs', timeoutMs: PATIENCE_MS });
    proxy[kind]();
    await eventually(async () => (await readiness()) === 503, {
      what: 'the scheduler says that it is not ready',
      timeoutMs: PATIENCE_MS,
    });
    await pause(5_000);
    proxy.pass();
    const keys = await sending;
    await allEnded(reprise, keys);
    await eventually(async () => expect(await readiness()).toBe(200), {
      what: 'the scheduler is ready again',
      timeoutMs: PATIENCE_MS,
    });
    for (const name of ['trigger', 'scheduler', 'executor', 'monitor'] as const)
      expect([name, reprise.one(name).ends]).toEqual([name, []]);
    const all = await reprise.database.query<{ key: string }>(`select key from reprise.run`);
    await checkLedger(reprise, { keys: all.map(({ key }) => key), faults: 1, atLeast: { runs: keys.length, faults: 1 } });
  },
  TEST_WITHIN_MS,
);
