import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { INSTALLED_WITHIN_MS, PythonWorker } from '../system/python-worker.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

let reprise: Installation;

beforeAll(async () => {
  // Far longer than a scheduler needs to come back: what is lost here was lost by the gate.
  reprise = await Installation.create({ lease: '10m' });
  await reprise.start('trigger', 'scheduler');
  await reprise.start('monitor');
}, INSTALLED_WITHIN_MS);
afterAll(async () => {
  await reprise?.end();
}, END_WITHIN_MS);

test.each([
  ['the claim is committed, nobody has been told', 'gate.after-claim:kill@1'],
  ['the claim is answered, its request not acknowledged', 'gate.after-claim-answered:kill@1'],
  ['the outcome is in its row, its run has not been told', 'gate.after-record:kill@1'],
  ['its run has been told, the worker has not', 'gate.after-forward:kill@1'],
])(
  'the gate dies when %s: the same attempt goes on, once',
  async (_what, fault) => {
    const queue = `gate-${fault.replaceAll(/\W/g, '-')}`;
    await reprise.one('scheduler').stop();
    const scheduler = reprise.startOne('scheduler', { faults: [fault], restart: true });
    await scheduler.ready();
    const worker = await PythonWorker.working(reprise, queue, queue);
    const workflow = await reprise.register({
      workflow: queue,
      defaults: { queue, timeout: '10m' },
      tasks: [{ id: 'count', call: 'text.count', with: { text: 'one two three' } }],
      output: '${{ tasks.count.output.words }}',
    });
    const run = await reprise.startRun(workflow);
    await eventually(() => scheduler.deaths === 1, { what: `the scheduler dies at ${fault}`, timeoutMs: PATIENCE_MS });
    const end = await reprise.ended(run, PATIENCE_MS);
    expect(end).toMatchObject({ status: 'succeeded', output: 3, tasks: [{ status: 'succeeded', attempt: 1 }] });
    await worker.says(`count of run ${run}: succeeded is `);
    // Beside it there may be a ticket that was sent once more, and was nobody's.
    expect(worker.lines.filter((line) => line.includes(`count of run ${run}: `))).toHaveLength(1);
  },
  TEST_WITHIN_MS,
);
