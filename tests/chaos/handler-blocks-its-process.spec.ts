import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { END_WITHIN_MS, PATIENCE_MS, TEST_WITHIN_MS } from './load.js';

// So that the other executor, which is only short of time, loses nothing.
const reprise = await Installation.running({ lease: '3s' });
const folder = mkdtempSync(path.join(tmpdir(), 'reprise-blocks-'));
const until = path.join(folder, 'let-go');
afterAll(async () => {
  writeFileSync(until, '');
  await reprise.end();
  rmSync(folder, { recursive: true });
}, END_WITHIN_MS);

test(
  'a handler that blocks the event loop is lost honestly: another executor does its work, and it changes nothing when it wakes',
  async () => {
    await reprise.startOne('executor').ready();
    await reprise.register({
      workflow: 'blocks',
      tasks: [{ id: 'work', call: 'block', with: { until } }],
      output: '${{ tasks.work.output.attempt }}',
    });
    const run = await reprise.startRun('blocks');
    const ended = await reprise.ended(run, PATIENCE_MS);
    expect(ended).toMatchObject({ status: 'succeeded', output: 2 });
    const [task] = ended.tasks;
    expect(task?.attempts.map(({ status }) => status)).toEqual(['lost', 'succeeded']);
    const [first, second] = reprise.recorder.of(run, 'start');
    expect(first?.pid).not.toBe(second?.pid);
    writeFileSync(until, '');
    const blocked = reprise.all('executor').find(({ current }) => current.pid === first?.pid);
    // It wakes, and is as good as any; the old attempt is not its own any more.
    await eventually(async () => (await fetch(`${blocked?.url}/healthz`)).status === 200, {
      what: 'the one that was blocked to answer again',
      timeoutMs: PATIENCE_MS,
    });
    expect(await reprise.run('blocks', {}, PATIENCE_MS)).toMatchObject({ status: 'succeeded' });
    expect(await reprise.show(run)).toEqual(ended);
    expect(blocked?.ends).toEqual([]);
  },
  TEST_WITHIN_MS,
);
