import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { underChaos } from './faults.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// Each loss is one that was meant: an executor that is short of time renews within it.
const reprise = await underChaos({ executor: { env: { REPRISE_CONCURRENCY: '5' } } }, { lease: '6s' });
afterAll(() => reprise.end(), END_WITHIN_MS);

const retry = { maximumAttempts: 1, initialInterval: '50ms', maximumLost: 2 };

test(
  'a handler that takes its process along is lost, not failed: it has a budget of its own, and is parked when that is spent',
  async () => {
    await reprise.register({ workflow: 'deadly', tasks: [{ id: 'die', call: 'crash', with: {}, retry }] });
    const id = await reprise.startRun('deadly');
    const parked = await reprise.taskIs(id, 'die', ['parked'], PATIENCE_MS);
    expect(parked.attempts.map(({ status }) => status)).toEqual(['lost', 'lost']);
    expect(parked.error).toMatchObject({ code: 'LOST' });
    // Visible, and decided by nobody: the run waits.
    expect(await reprise.show(id)).toMatchObject({ status: 'running' });
    await eventually(() => reprise.one('executor').deaths === 2, { what: 'both deaths to be seen', timeoutMs: PATIENCE_MS });
  },
  TEST_WITHIN_MS,
);

test(
  'one that dies once only costs a loss, and its own attempts are untouched',
  async () => {
    await reprise.register({ workflow: 'shaky', tasks: [{ id: 'die', call: 'crash', with: { times: 1 }, retry }] });
    const run = await reprise.run('shaky', {}, PATIENCE_MS);
    expect(run).toMatchObject({ status: 'succeeded' });
    expect(run.tasks[0]?.attempts.map(({ status }) => status)).toEqual(['lost', 'succeeded']);
  },
  TEST_WITHIN_MS,
);
