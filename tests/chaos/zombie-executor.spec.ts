import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { checkLedger } from './check-ledger.js';
import { underChaos } from './faults.js';
import { allEnded, END_WITHIN_MS, PATIENCE_MS, sendLoad, TEST_WITHIN_MS } from './load.js';

// So that an heir, which is only short of time, loses nothing.
const reprise = await underChaos({ executor: { env: { REPRISE_CONCURRENCY: '40' } } }, { lease: '8s' });
afterAll(() => reprise.end(), END_WITHIN_MS);

const RUNS = 40;

test(
  'an executor that sleeps past its leases wakes up as a stranger: its writes are refused, whatever its handlers still do',
  async () => {
    const zombie = reprise.one('executor');
    const keys = await sendLoad(reprise, { runs: RUNS, ms: 5_000 });
    const count = (pid: number, phase: 'start' | 'commit') =>
      reprise.recorder.effects.filter((effect) => effect.pid === pid && effect.phase === phase).length;
    const { pid } = zombie.current;
    await eventually(() => count(pid, 'start') - count(pid, 'commit') >= 15, {
      what: 'its handlers are in the middle of things',
      timeoutMs: PATIENCE_MS,
    });
    await zombie.kill('SIGSTOP');
    const heir = reprise.startOne('executor', { restart: true });
    await allEnded(reprise, keys);
    const tasks = () =>
      reprise.database.query(
        `select run_id, node, at, status, attempt, fence, output::text from reprise.task
       where run_id in (select id from reprise.run where key = any($1)) order by 1, 2, 3`,
        [keys],
      );
    const [decided, before] = [await tasks(), count(pid, 'commit')];
    expect(count(heir.current.pid, 'commit')).toBeGreaterThan(10);
    await zombie.kill('SIGCONT');
    await reprise.orTell(
      eventually(() => count(pid, 'commit') > before, { what: 'the zombie’s handlers go on', timeoutMs: PATIENCE_MS }),
    );
    // It is no zombie for good: both take new work, and what the zombie had to say of the old is behind us.
    const more = await sendLoad(reprise, { runs: RUNS });
    await allEnded(reprise, more);
    expect(await tasks()).toEqual(decided);
    expect(zombie.ends).toEqual([]);
    await checkLedger(reprise, { keys: [...keys, ...more], faults: 1, atLeast: { runs: 2 * RUNS, faults: 1 } });
  },
  TEST_WITHIN_MS,
);

test(
  'it may wake while its heir is still at work: only the heir’s outcome counts',
  async () => {
    await reprise.register({
      workflow: 'handover',
      tasks: [{ id: 'work', call: 'record', with: { ms: 5_000 } }],
      output: '${{ tasks.work.output.fence }}',
    });
    const id = await reprise.startRun('handover');
    const starts = () => reprise.recorder.of(id, 'start');
    const [first] = await reprise.orTell(
      eventually(() => starts().length === 1 && starts(), { what: 'one executor is at work', timeoutMs: PATIENCE_MS }),
    );
    const sleeper = reprise.all('executor').find((service) => service.current.pid === first?.pid);
    await sleeper?.kill('SIGSTOP');
    const [, second] = await reprise.orTell(
      eventually(() => starts().length === 2 && starts(), { what: 'the heir is at work', timeoutMs: PATIENCE_MS }),
    );
    await sleeper?.kill('SIGCONT');
    // The sleeper's time is long over: it ends at once, and says so.
    await eventually(() => reprise.recorder.of(id).some(({ fence }) => fence === first?.fence), {
      what: 'the zombie’s effect happens',
      timeoutMs: PATIENCE_MS,
    });
    const run = await reprise.ended(id, PATIENCE_MS);
    expect(second?.pid).not.toBe(first?.pid);
    expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.POSITIVE_INFINITY);
    expect(run).toMatchObject({ status: 'succeeded', output: second?.fence });
    expect(run.tasks[0]?.attempts.map(({ status }) => status)).toEqual(['lost', 'succeeded']);
    expect(
      reprise.recorder
        .of(id)
        .map(({ fence }) => fence)
        .sort(),
    ).toEqual([first?.fence, second?.fence].sort());
  },
  TEST_WITHIN_MS,
);
