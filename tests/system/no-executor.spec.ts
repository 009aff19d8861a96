import { afterAll, expect, test } from '@jest/globals';
import { Installation } from './installation.js';

const reprise = await Installation.create();
afterAll(() => reprise.end());
await reprise.start('trigger', 'scheduler');
await reprise.start('monitor');

test('an attempt without a queue waits, says NO_QUEUE, spends no attempt, and runs when an executor comes', async () => {
  await reprise.register({
    workflow: 'early',
    tasks: [{ id: 'work', call: 'noop', queue: 'later', retry: { maximumAttempts: 1 } }],
  });
  const id = await reprise.startRun('early');
  const waiting = await reprise.taskIs(id, 'work', ['retrying']);
  expect(waiting).toMatchObject({ attempt: 1, why: { reason: 'hold', hold: 'NO_QUEUE' } });
  await reprise.startOne('executor', { env: { REPRISE_QUEUES: 'later' } }).ready();
  const run = await reprise.ended(id);
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.tasks[0]?.attempt).toBe(1);
});

test('an executor that lacks the handler puts the attempt back with NO_HANDLER; one that has it finishes the run', async () => {
  await reprise.startOne('executor', { env: { REPRISE_QUEUES: 'mixed', TEST_HANDLERS: 'echo' } }).ready();
  await reprise.register({
    workflow: 'picky',
    tasks: [{ id: 'work', call: 'noop', queue: 'mixed', retry: { maximumAttempts: 1 } }],
  });
  const id = await reprise.startRun('picky');
  const waiting = await reprise.taskIs(id, 'work', ['retrying']);
  expect(waiting).toMatchObject({ attempt: 1, why: { reason: 'hold', hold: 'NO_HANDLER' } });
  await reprise.startOne('executor', { env: { REPRISE_QUEUES: 'mixed' } }).ready();
  const run = await reprise.ended(id);
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.tasks[0]?.attempt).toBe(1);
});

test('registering what nobody hosts warns, and does not refuse', async () => {
  const answer = await reprise.request('POST', '/v1/workflows', {
    workflow: 'lonely',
    tasks: [{ id: 'work', call: 'nobody.has-this' }],
  });
  const warnings = [{ path: expect.stringContaining('call'), message: expect.stringContaining('nobody.has-this') }];
  expect(answer).toMatchObject({ status: 201, body: { warnings } });
});
