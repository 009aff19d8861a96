import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page, QueueView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

let reprise: Installation;
beforeAll(async () => {
  reprise = await Installation.running();
  await reprise.startOne('executor').ready();
  await reprise.register({ workflow: 'short', tasks: [{ id: 'work', call: 'noop', retry: { maximumAttempts: 1 } }] });
  await reprise.register({ workflow: 'long', tasks: [{ id: 'work', call: 'slow', with: { ms: '${{ input.ms }}' } }] });
  await reprise.register({ workflow: 'other', tasks: [{ id: 'work', call: 'noop', queue: 'other' }] });
});
afterAll(() => reprise.end());

const queue = async (name: string) =>
  (await reprise.request<Page<QueueView>>('GET', '/v1/queues')).body.items.find((each) => each.name === name);
const claimed = async (runs: readonly string[]) =>
  reprise.database.query(`select run_id from reprise.task where run_id = any($1::uuid[]) and status <> 'ready'`, [runs]);

/** Nothing can be waited for where nothing is to happen: a run of another queue, later than these, is at its end. */
async function meanwhile(): Promise<void> {
  expect(await reprise.run('other')).toMatchObject({ status: 'succeeded' });
}

test('a paused queue gives nothing to any executor, restarted ones included, and everything at once when it is resumed', async () => {
  await reprise.startOne('executor', { env: { REPRISE_QUEUES: 'other' } }).ready();
  const running = await reprise.startRun('long', { ms: 5_000 });
  await reprise.taskIs(running, 'work', ['running']);
  const paused = await reprise.request('POST', '/v1/queues/default/pause', { reason: 'the bank is down' });
  expect(paused).toMatchObject({
    status: 200,
    body: { paused: { by: expect.any(String), reason: 'the bank is down' } },
  });
  const waiting = await Promise.all(Array.from({ length: 20 }, () => reprise.startRun('short')));
  expect(await reprise.ended(running)).toMatchObject({ status: 'succeeded' });
  await meanwhile();
  expect(await claimed(waiting)).toEqual([]);
  const [first] = reprise.all('executor');
  await first?.stop();
  await reprise.startOne('executor').ready();
  waiting.push(...(await Promise.all(Array.from({ length: 5 }, () => reprise.startRun('short')))));
  await meanwhile();
  expect(await claimed(waiting)).toEqual([]);
  // All of them back with the broker: no executor holds on to what it may not begin.
  await eventually(async () => (await queue('default'))?.depth === waiting.length, { what: 'the queue to hold all that waits' });
  expect(await queue('default')).toMatchObject({ paused: { reason: 'the bank is down' } });
  expect((await reprise.request('POST', '/v1/queues/default/resume')).body).toMatchObject({ name: 'default', paused: null });
  for (const run of await Promise.all(waiting.map((id) => reprise.ended(id)))) {
    expect(run.status).toBe('succeeded');
    expect(run.tasks[0]).toMatchObject({ attempt: 1, attempts: [{ number: 1 }] });
  }
});

test('what waits in a paused queue longer than its queue timeout fails by it: the caller has said how long it may wait', async () => {
  await reprise.register({
    workflow: 'impatient',
    tasks: [{ id: 'work', call: 'noop', timeout: { queue: '1s' }, retry: { maximumAttempts: 1 } }],
  });
  await reprise.request('POST', '/v1/queues/default/pause');
  const run = await reprise.run('impatient');
  expect(run).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } });
  await reprise.request('POST', '/v1/queues/default/resume');
});
