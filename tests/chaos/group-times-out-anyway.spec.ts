import { afterAll, expect, test } from '@jest/globals';
import { dropTopology, eventually } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { deathsOf, SHORT_LEASE } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// It has written that the time is over, but has told nobody: neither the handler nor the child run.
const faults = ['scheduler.after-commit:kill@1'];

/** Long enough that all of it is under way before it is over, however busy the machine is. */
const BOUND_MS = 30_000;

const reprise = await Installation.create({ lease: SHORT_LEASE });
afterAll(() => reprise.end(), END_WITHIN_MS);

test(
  'the time of a group and of a child run is over when it is, though the scheduler was killed and the broker has lost every alarm',
  async () => {
    await reprise.start('trigger', 'scheduler', 'executor');
    await reprise.startOne('monitor', { restart: true }).ready();
    await reprise.register({ workflow: 'endless', tasks: { nap: { sleep: '1d' } } });
    await reprise.register({
      workflow: 'bounded',
      failFast: false,
      tasks: {
        group: { timeout: `${BOUND_MS}ms`, tasks: [{ id: 'work', call: 'slow', with: { ms: 1_200_000 } }] },
        child: { timeout: `${BOUND_MS}ms`, workflow: 'endless' },
      },
    });
    const run = await reprise.startRun('bounded');
    await reprise.taskIs(run, 'group.work', ['running'], BOUND_MS);
    const children = () =>
      reprise.database.query<{ status: string }>(`select status from reprise.run where workflow = 'endless'`);
    await reprise.orTell(
      eventually(async () => (await children())[0]?.status === 'running', { what: 'the child runs', timeoutMs: BOUND_MS }),
    );
    await reprise.one('scheduler').kill('SIGKILL');
    await dropTopology(reprise.broker.prefix, ['default']);
    // It may die before anybody has seen it ready.
    reprise.startOne('scheduler', { restart: true, faults });

    const ended = await reprise.ended(run, PATIENCE_MS);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', details: { kind: 'total' } } });
    const errors = ended.tasks.map(({ path, status, error }) => [path, status, error?.code ?? null]);
    expect(errors.sort()).toEqual([
      ['child', 'failed', 'TIMEOUT'],
      ['group', 'failed', 'TIMEOUT'],
      ['group.work', 'cancelled', null],
    ]);
    expect(await children()).toEqual([{ status: 'cancelled' }]);
    for (const path of ['group', 'child']) {
      const task = ended.tasks.find((each) => each.path === path);
      expect(Date.parse(task?.endedAt ?? '') - Date.parse(task?.startedAt ?? '')).toBeGreaterThanOrEqual(BOUND_MS);
    }
    expect(deathsOf(reprise.all('scheduler').slice(-1))).toBe(1);
  },
  TEST_WITHIN_MS,
);
