import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

const FIXTURE = fileURLToPath(new URL('./fixtures/shifted-clock.mjs', import.meta.url));
const HOUR_MS = 3_600_000;
const shifted = (ms: number) => ({ env: { NODE_OPTIONS: `--import ${FIXTURE}`, TEST_CLOCK_SHIFT: String(ms) } });

/** No attempt here may be lost, so an executor that is short of time must not lose one. */
const LEASE_MS = 12_000;
const reprise = await underChaos(
  {
    trigger: shifted(2 * HOUR_MS),
    scheduler: shifted(-HOUR_MS),
    executor: shifted(HOUR_MS),
    monitor: shifted(-3 * HOUR_MS),
  },
  { lease: `${LEASE_MS}ms` },
);
/** However busy the machine is; a clock that counted would be off by hours. */
const SOON_MS = HOUR_MS / 2;
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'wall clocks hours apart, jumping while it runs, move no lease, no retry and no sleep: time is the database’s',
  async () => {
    await reprise.register({
      workflow: 'timed',
      tasks: [
        { id: 'try', call: 'flaky', with: { times: 1 }, retry: { initialInterval: '400ms', jitter: 'none' } },
        { id: 'nap', sleep: '900ms' },
        { id: 'work', call: 'slow', with: { ms: 1.25 * LEASE_MS } },
      ],
    });
    const sending = sendLoad(reprise, { runs: 100, everyMs: 10 });
    const timed = await reprise.run('timed', {}, PATIENCE_MS);
    const keys = await sending;
    await allEnded(reprise, keys);
    expect(timed).toMatchObject({ status: 'succeeded' });
    const [attempt, nap, work] = timed.tasks;
    expect(attempt?.attempts).toHaveLength(2);
    const between = (from: string | null | undefined, to: string | null | undefined) =>
      Date.parse(to ?? '') - Date.parse(from ?? '');
    const waited = between(attempt?.attempts[0]?.endedAt, attempt?.attempts[1]?.startedAt);
    const slept = between(nap?.startedAt, nap?.endedAt);
    expect(waited).toBeGreaterThanOrEqual(399);
    expect(waited).toBeLessThan(SOON_MS);
    expect(slept).toBeGreaterThanOrEqual(899);
    expect(slept).toBeLessThan(SOON_MS);
    // Longer than its lease, and not lost.
    expect(work?.attempts.map(({ status }) => status)).toEqual(['succeeded']);
    await reprise.database.query(`delete from reprise.task where run_id = $1`, [timed.id]);
    await reprise.database.query(`delete from reprise.attempt where run_id = $1`, [timed.id]);
    await reprise.database.query(`delete from reprise.run where id = $1`, [timed.id]);
    reprise.recorder.effects.splice(
      0,
      Number.POSITIVE_INFINITY,
      ...reprise.recorder.effects.filter(({ run }) => run !== timed.id),
    );
    await checkLedger(reprise, { keys, faults: 4, atLeast: { runs: 100, faults: 4 } });
  },
  TEST_WITHIN_MS,
);
