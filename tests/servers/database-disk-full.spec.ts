import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from '../chaos/check-ledger.js';
import { underChaos } from '../chaos/faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from '../chaos/load.js';
import { requestTo } from '../system/installation.js';
import { DatabasePair } from './database-pair.js';

const pair = await DatabasePair.start({ synchronous: false });
const reprise = await underChaos({}, { databaseOn: pair.url });
afterAll(async () => {
  await reprise.end();
  await pair.end();
}, END_WITHIN_MS);

const SERVICES = ['trigger', 'scheduler', 'executor', 'monitor'] as const;
const KEY = 'asked-while-full';
const start = () =>
  requestTo(
    reprise.one('monitor').url,
    'POST',
    '/v1/workflows/load/runs',
    { input: { key: KEY, ms: 0, stumbles: true } },
    { 'idempotency-key': KEY },
  );
const count = async (where: string) => (await reprise.database.query(`select from reprise.run where ${where}`)).length;
const says = (name: (typeof SERVICES)[number], text: string) =>
  eventually(() => expect(reprise.one(name).current.logs().join('\n')).toContain(text), {
    what: `the ${name} says ${text}`,
    timeoutMs: PATIENCE_MS,
  });

test(
  'the ledger’s disk is full: a start is answered 503, what was accepted waits and is nobody’s failure, and it goes on when there is room',
  async () => {
    await pair.fill('one', 'reprise.attempt');
    await pair.fill('one', 'reprise.run');
    const refused = await reprise.orTell(
      eventually(
        async () => {
          const answer = await start();
          return answer.status === 503 && answer;
        },
        { what: 'a start is refused', timeoutMs: PATIENCE_MS },
      ),
    );
    expect(refused.body).toMatchObject({ code: 'unavailable' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const sending = sendLoad(reprise, { runs: 60, ms: 20, everyMs: 20 });
    await says('trigger', '"code":"53100"');
    expect(await count('true')).toBe(0);

    // Runs begin again; of their failed attempts there is still no place for a record, and what shares their batch waits with them.
    await pair.makeRoom('one', 'reprise.run');
    await says('scheduler', '"code":"53100"');
    expect(await count(`status = 'failed'`)).toBe(0);
    await pair.makeRoom('one', 'reprise.attempt');
    await reprise.orTell(
      eventually(async () => [200, 202].includes((await start()).status), {
        what: 'starts are taken again',
        timeoutMs: PATIENCE_MS,
      }),
    );
    const keys = [...(await sending), KEY];
    await allEnded(reprise, keys);
    for (const name of SERVICES) expect([name, reprise.one(name).ends]).toEqual([name, []]);
    await checkLedger(reprise, { keys, faults: 1, atLeast: { runs: 61, faults: 1 } });
  },
  TEST_WITHIN_MS,
);
