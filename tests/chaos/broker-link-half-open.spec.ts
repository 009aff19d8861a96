import { afterAll, expect, test } from '@jest/globals';
import { BROKER_URL, eventually, TcpProxy } from '@reprise/testing';
import { requestTo } from '../system/installation.js';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const proxy = await TcpProxy.to(BROKER_URL);
const reprise = await underChaos({}, { amqpUrl: () => `${proxy.url.replace(/\/$/, '')}/?heartbeat=1` });
afterAll(async () => {
  proxy.pass();
  await reprise.end();
  await proxy.end();
}, END_WITHIN_MS);

const NAMES = ['trigger', 'scheduler', 'executor', 'monitor'] as const;
const readiness = () => Promise.all(NAMES.map(async (name) => (await requestTo(reprise.one(name).url, 'GET', '/readyz')).status));

/** Each service has two: one to publish, one to consume. How often each of them was lost. */
function losses(): ReadonlyMap<string, number> {
  const links = NAMES.flatMap((name) => [`reprise ${name}/publish`, `reprise ${name}/consume`]);
  const lost = NAMES.flatMap((name) => reprise.one(name).current.logs()).filter((line) =>
    line.includes('connection to RabbitMQ lost'),
  );
  return new Map(links.map((link) => [link, lost.filter((line) => line.includes(`"${link}"`)).length]));
}

test(
  'a link to the broker that stands but carries nothing is noticed by its heartbeat, and made anew',
  async () => {
    const first = await sendLoad(reprise, { runs: 100, ms: 50 });
    await eventually(() => reprise.recorder.effects.length > 20, { what: 'the load runs', timeoutMs: PATIENCE_MS });
    // With a heartbeat of a second, a busy machine may lose a link of its own accord; one that is down already is not lost again.
    await eventually(async () => expect(await readiness()).toEqual([200, 200, 200, 200]), {
      what: 'all are connected',
      timeoutMs: PATIENCE_MS,
    });
    const before = losses();
    proxy.halfOpen();
    // All of them, before anything gets through again: no real link loses the middle of what it carried and goes on.
    const unnoticed = () => [...losses()].filter(([link, times]) => times === before.get(link)).map(([link]) => link);
    await eventually(() => expect(unnoticed()).toEqual([]), {
      what: 'every service has noticed on both links',
      timeoutMs: PATIENCE_MS,
    });
    // One that was lost of its own accord just before may have come back once more: it is lost again.
    await eventually(async () => expect(await readiness()).toEqual([503, 503, 503, 503]), {
      what: 'every service says that it is not ready',
      timeoutMs: PATIENCE_MS,
    });
    proxy.pass();
    await eventually(async () => expect(await readiness()).toEqual([200, 200, 200, 200]), {
      what: 'all are connected again',
      timeoutMs: PATIENCE_MS,
    });
    await allEnded(reprise, first);
    const second = await sendLoad(reprise, { runs: 50 });
    await allEnded(reprise, second);
    for (const name of NAMES) expect([name, reprise.one(name).ends]).toEqual([name, []]);
    await checkLedger(reprise, { keys: [...first, ...second], faults: before.size, atLeast: { runs: 150, faults: 8 } });
  },
  TEST_WITHIN_MS,
);
