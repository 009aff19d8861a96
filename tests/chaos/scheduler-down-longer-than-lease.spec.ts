import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const reprise = await underChaos({ scheduler: { restart: false }, executor: { restart: false } });
afterAll(() => reprise.end(), END_WITHIN_MS);

const RUNS = 60;
const recorded = async () => {
  const [row] = await reprise.database.query<{ count: number }>(
    `select count(*)::int as count from reprise.task where recorded is not null`,
  );
  return row?.count ?? 0;
};
/** All leases of what was claimed while the scheduler was away are over. */
const leasesOver = async () => {
  const rows = await reprise.database.query(`select 1 from reprise.task where claim is not null and lease_until > now() limit 1`);
  return rows.length === 0;
};

test(
  'finished work is not done again, however long the scheduler is away, even if its executor is gone by then',
  async () => {
    await reprise.one('scheduler').kill('SIGKILL');
    const keys = await sendLoad(reprise, { runs: RUNS });
    const firsts = () => reprise.recorder.effects.filter(({ phase }) => phase === 'commit').length;
    await reprise.orTell(eventually(() => firsts() === RUNS, { what: 'every first task has run', timeoutMs: PATIENCE_MS }));
    // The renewal writes the outcome into the row; from then on neither the message nor the executor is needed.
    await reprise.orTell(
      eventually(async () => (await recorded()) === RUNS, { what: 'every outcome is in its row', timeoutMs: PATIENCE_MS }),
    );
    await reprise.one('executor').kill('SIGKILL');
    await eventually(leasesOver, { what: 'the leases are over', timeoutMs: PATIENCE_MS });
    await reprise.broker.channel(async (channel) => {
      // Nor are the messages the only copy: somebody has purged the inboxes.
      for (let shard = 0; shard < 8; shard += 1) await channel.purgeQueue(reprise.broker.names.inboxQueue(shard));
    });
    reprise.startOne('executor', { restart: true });
    reprise.startOne('scheduler', { restart: true });
    await allEnded(reprise, keys);
    await checkLedger(reprise, { keys, faults: 2, atLeast: { runs: RUNS, faults: 2 } });
    // What was begun afterwards may be lost like any other on a machine that is short of time.
    const done = reprise.recorder.effects.filter(({ task }) => task === 'first');
    expect(done).toHaveLength(RUNS * 2);
    const lost = await reprise.database.query(`select 1 from reprise.attempt where outcome = 'lost' and node = 0`);
    expect(lost).toEqual([]);
  },
  TEST_WITHIN_MS,
);
