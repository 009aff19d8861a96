import { afterAll, expect, test } from '@jest/globals';
import type { RetrySimulationView } from '@reprise/contracts';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const simulate = async (fields: object) => {
  const asked = { since: '1h', ...fields };
  const { status, body } = await reprise.request<RetrySimulationView>('POST', '/v1/simulations/retry', asked);
  expect([status, body]).toEqual([200, expect.not.objectContaining({ code: expect.anything() })]);
  return body;
};

test('what the engine recorded follows from the policy it had, and another policy says what it would have saved', async () => {
  await reprise.register({
    workflow: 'shop',
    tasks: [
      {
        id: 'charge',
        call: 'flaky',
        with: '${{ input.with }}',
        onError: 'continue',
        retry: {
          maximumAttempts: 4,
          initialInterval: '10ms',
          policies: [{ errors: ['SLOW'], maximumAttempts: 2, initialInterval: '20ms' }],
        },
      },
      { id: 'pages', forEach: [1, 2], call: 'echo', with: { n: 1 } },
    ],
  });
  const inputs = [
    { times: 0 },
    { times: 1 },
    { times: 3 },
    { times: 9 },
    { times: 9, code: 'SLOW' },
    { times: 9, code: 'DECLINED', retryable: false },
    { times: 1, retryAfterMs: 30 },
  ];
  for (const input of inputs) await reprise.run('shop', { with: input });
  const same = await simulate({ workflow: 'shop', policy: {} });
  expect(same).toMatchObject({ runs: 7, tasks: 21, attempts: 30, deviating: 0, callsSaved: 0, truncated: false });
  expect(same.before).toMatchObject({ succeeded: 18, failed: 3, unknown: 0, calls: 30 });
  expect(same.after).toEqual(same.before);

  const once = await simulate({ workflow: 'shop', task: 'charge', policy: 'maximumAttempts: 1\npolicies: []\n' });
  expect(once).toMatchObject({
    tasks: 7,
    after: { succeeded: 1, failed: 6, unknown: 0, calls: 7, addedLatencyMs: { mean: 0, p95: 0 }, peakRetries: null },
    callsSaved: 9,
    givenUp: [{ code: 'FLAKY', tasks: 3, latestAttempt: 4 }],
  });
  const more = await simulate({ workflow: 'shop', task: 'charge', policy: { maximumAttempts: 9 } });
  expect(more.after).toMatchObject({ succeeded: 4, failed: 2, unknown: 1, calls: 17 });
});

test('a task that a person had tried again is replayed from there as another', async () => {
  await reprise.register({
    workflow: 'parking',
    tasks: [
      {
        id: 'charge',
        call: 'flaky',
        with: { times: 2 },
        retry: { maximumAttempts: 2, initialInterval: '10ms', onExhausted: 'park' },
      },
    ],
  });
  const run = await reprise.startRun('parking');
  await reprise.taskIs(run, 'charge', ['parked']);
  const parked = await simulate({ workflow: 'parking', policy: {} });
  expect(parked).toMatchObject({ tasks: 1, deviating: 0, before: { parked: 1 }, after: { parked: 1 } });
  await reprise.request('POST', `/v1/runs/${run}/tasks/charge/resolve`, { outcome: 'retry' });
  await reprise.ended(run);
  const again = await simulate({ workflow: 'parking', policy: {} });
  expect(again).toMatchObject({ tasks: 2, attempts: 3, deviating: 0, before: { parked: 1, succeeded: 1 }, after: { calls: 3 } });
});

test('what only the handler declares is read from the verdicts, and the proposal stands above it', async () => {
  await reprise.register({
    workflow: 'declared',
    tasks: [{ id: 'charge', call: 'flaky.declared', with: '${{ input.with }}', onError: 'continue' }],
  });
  for (const input of [{ times: 4 }, { times: 9 }, { times: 9, code: 'FATAL' }]) await reprise.run('declared', { with: input });
  const same = await simulate({ workflow: 'declared', policy: {} });
  expect(same).toMatchObject({ tasks: 3, attempts: 11, deviating: 0, callsSaved: 0 });
  expect(same.after).toEqual(same.before);
  expect(same.before.addedLatencyMs).toEqual({ mean: 27, p95: 40 });
  const fewer = await simulate({ workflow: 'declared', policy: { maximumAttempts: 3 } });
  expect(fewer.after).toMatchObject({ failed: 3, calls: 7, addedLatencyMs: { mean: 13, p95: 20 } });
});
