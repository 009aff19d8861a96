import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from '../chaos/check-ledger.js';
import { allEnded, prepareLoad, sendLoad, TEST_WITHIN_MS } from '../chaos/load.js';
import { Installation } from './installation.js';
import type { KeptService } from './kept-service.js';
import { metricValues } from './metric-values.js';

const ALL = [0, 1, 2, 3, 4, 5, 6, 7];
/** Looks are every 20 s, so whatever is quicker than that came by a hint or by the broker; and a killed one's row outlives the test. */
const LONG_LEASE = { env: { REPRISE_LEASE: '60s' } };
const SOONER_THAN_A_LOOK_MS = 18_000;

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.create();
  await Promise.all([reprise.start('trigger', 'executor'), reprise.startOne('scheduler', LONG_LEASE).ready()]);
  await reprise.start('monitor');
  await prepareLoad(reprise);
});
afterAll(() => reprise.end());

/** What the schedulers that live say is theirs. */
async function shares(): Promise<readonly (readonly number[])[]> {
  const rows = await reprise.database.query<{ shards: number[] }>(
    `select info -> 'shards' as shards from reprise.member where service = 'scheduler' and lease_until > now()`,
  );
  return rows.map(({ shards }) => shards).sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

const inputsOf = (scheduler: KeptService) => metricValues(scheduler.url, 'reprise_inbox_inputs_total', 'shard');

/** The shards of which it has taken inputs since. */
async function takenSince(scheduler: KeptService, before: ReadonlyMap<string, number>): Promise<readonly number[]> {
  const now = await inputsOf(scheduler);
  return ALL.filter((shard) => (now.get(String(shard)) ?? 0) > (before.get(String(shard)) ?? 0));
}

/** Load until it is told to stop: each phase must see inputs of every shard. */
function underLoad() {
  let stopped = false;
  const keys = sendLoad(reprise, {
    runs: 100,
    ms: 10,
    everyMs: 30,
    until: { isSo: () => stopped, soFar: () => 'the schedulers are not done' },
  });
  keys.catch(() => undefined);
  return {
    stop: () => {
      stopped = true;
      return keys;
    },
  };
}

test(
  'two schedulers divide the shards; one is killed under load and the other takes up its shards at once; nothing is done twice',
  async () => {
    const first = reprise.one('scheduler');
    await eventually(async () => expect(await shares()).toEqual([ALL]), { what: 'the lone scheduler to have all shards' });
    const load = underLoad();
    const second = reprise.startOne('scheduler', LONG_LEASE);
    await second.ready();
    const divided = await eventually(
      async () => {
        const both = await shares();
        expect(both.map(({ length }) => length)).toEqual([4, 4]);
        expect(both.flat().sort()).toEqual(ALL);
        return both;
      },
      { what: 'the two to have divided the shards', timeoutMs: SOONER_THAN_A_LOOK_MS },
    );
    await reprise.orTell(
      eventually(
        async () => {
          const before = [await inputsOf(first), await inputsOf(second)] as const;
          const taken = await eventually(
            async () => {
              const each = [await takenSince(first, before[0]), await takenSince(second, before[1])];
              expect(new Set(each.flat()).size).toBe(ALL.length);
              return each;
            },
            { what: 'inputs of every shard' },
          );
          expect(taken.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual(divided);
        },
        { what: 'each to take inputs of its own shards and no others', timeoutMs: 240_000 },
      ),
    );

    const before = await inputsOf(first);
    await second.kill('SIGKILL');
    await reprise.orTell(
      eventually(async () => expect(await takenSince(first, before)).toEqual(ALL), {
        what: 'the one that lives to take inputs of every shard',
      }),
    );
    // By its lease the other is still alive: nobody has waited for that.
    expect((await shares()).map(({ length }) => length)).toEqual([4, 4]);

    const keys = await load.stop();
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: second.deaths, atLeast: { runs: 100, faults: 1 } });
  },
  TEST_WITHIN_MS,
);

test(
  'a dead one’s share is divided when its lease has ended, a stopped one’s at once, and stopping under load loses nothing',
  async () => {
    // As time would: the killed one's lease ends.
    const [, dead] = reprise.all('scheduler');
    await reprise.database.query(`update reprise.member set lease_until = now() where id like $1`, [
      `scheduler/%/${dead?.current.pid}/%`,
    ]);
    const third = reprise.startOne('scheduler', LONG_LEASE);
    await third.ready();
    await eventually(async () => expect((await shares()).flat().sort()).toEqual(ALL), {
      what: 'the two that live to have divided the shards',
      timeoutMs: SOONER_THAN_A_LOOK_MS,
    });
    const load = underLoad();
    const began = await inputsOf(third);
    await eventually(async () => expect((await takenSince(third, began)).length).toBeGreaterThan(0), {
      what: 'the third at work',
    });
    expect(await third.current.stop()).toEqual({ code: 0, signal: null });
    await eventually(async () => expect(await shares()).toEqual([ALL]), {
      what: 'the last one to have all shards',
      timeoutMs: SOONER_THAN_A_LOOK_MS,
    });
    await allEnded(reprise, await load.stop());
    const lost = await reprise.database.query(`select run_id from reprise.attempt where outcome = 'lost'`);
    expect(lost).toEqual([]);
  },
  TEST_WITHIN_MS,
);
