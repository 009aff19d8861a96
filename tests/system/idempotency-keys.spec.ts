import { afterAll, expect, test } from '@jest/globals';
import type { EventView, KeyView, Page } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import type { Started } from './request-to.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

await reprise.register({
  workflow: 'keyed',
  on: [{ event: 'keyed', key: '${{ event.data.key }}', input: '${{ event.data.input }}' }],
  tasks: [{ id: 'work', call: 'echo', with: { n: '${{ input.n }}' } }],
});
await reprise.register({
  workflow: 'charging',
  tasks: [
    {
      id: 'charge',
      call: 'record',
      with: { step: '${{ input.amount }}', ms: '${{ input.ms }}' },
      idempotencyKey: '${{ input.order }}',
      retry: { maximumAttempts: 1 },
    },
  ],
  output: '${{ tasks.charge.output }}',
});

const start = (input: unknown, key: string, labels: object = {}) =>
  reprise.request<Started>('POST', '/v1/workflows/keyed/runs', { input, ...labels }, { 'idempotency-key': key });

test('a start with a key happens once, and says so', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => start({ n: 1 }, 'k1')));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(
    answers.filter(({ status, headers }) => status === 200 && headers.get('idempotent-replayed') === 'true'),
  ).not.toHaveLength(0);
  expect(await start({ n: 2 }, 'k1')).toMatchObject({ status: 422, body: { code: 'idempotency_mismatch' } });
  expect(await start({ n: 1 }, 'k1', { labels: { a: 'b' } })).toMatchObject({ status: 422 });
});

test('HTTP, AMQP and events share one namespace of keys', async () => {
  const first = await start({ n: 5 }, 'shared');
  const { events } = reprise.broker.names;
  await reprise.broker.channel(async (channel) => {
    channel.publish(events, 'run.start.keyed', Buffer.from('{"n":5}'), { messageId: 'shared' });
    channel.publish(events, 'keyed', Buffer.from('{"key":"shared","input":{"n":5}}'));
    channel.publish(events, 'keyed', Buffer.from('{"key":"shared","input":{"n":6}}'));
  });
  const seen = await eventually(
    async () => {
      const { body } = await reprise.request<Page<EventView>>('GET', '/v1/events?type=keyed');
      return body.items.length === 2 && body.items;
    },
    { what: 'both events are recorded' },
  );
  expect(seen.map(({ outcome }) => outcome).sort()).toEqual(['accepted', 'conflict']);
  const runs = await reprise.database.query(`select id from reprise.run where key = 'shared'`);
  expect(runs).toEqual([{ id: first.body.id }]);
});

test('a call with a business key is done once across runs; later runs are answered from the ledger', async () => {
  const first = await reprise.run('charging', { order: 'o1', amount: 10, ms: 0 });
  const second = await reprise.run('charging', { order: 'o1', amount: 10, ms: 0 });
  expect(second).toMatchObject({ status: 'succeeded', output: first.output });
  expect(reprise.recorder.of(first.id)).toHaveLength(1);
  expect(reprise.recorder.of(second.id)).toHaveLength(0);
  const ledger = await reprise.request<Page<KeyView>>('GET', '/v1/ledger?key=o1');
  expect(ledger.body.items).toMatchObject([{ scope: 'call', name: 'record', state: 'succeeded', run: first.id }]);
});

test('the same key with another input is a conflict that names its owner and is not retried', async () => {
  const first = await reprise.run('charging', { order: 'o2', amount: 10, ms: 0 });
  const other = await reprise.run('charging', { order: 'o2', amount: 11, ms: 0 });
  expect(other).toMatchObject({ status: 'failed', error: { code: 'IDEMPOTENCY_CONFLICT' } });
  expect(other.error?.message).toContain(first.id);
  expect(reprise.recorder.of(other.id, 'start')).toHaveLength(0);
});

test('while the owner is at work the others wait; all end with its one result', async () => {
  const input = { order: 'o3', amount: 1, ms: 1_500 };
  const ids = [await reprise.startRun('charging', input)];
  await eventually(() => reprise.recorder.of(ids[0] ?? '', 'start').length === 1, { what: 'the owner is at work' });
  ids.push(await reprise.startRun('charging', input), await reprise.startRun('charging', input));
  const runs = await Promise.all(ids.map((id) => reprise.ended(id)));
  expect(runs.map(({ status, output }) => [status, output])).toEqual(runs.map(() => ['succeeded', runs[0]?.output]));
  expect(reprise.recorder.effects.filter(({ run, phase }) => ids.includes(run) && phase === 'commit')).toHaveLength(1);
  // Put back uncounted: waiting spends nobody's attempts.
  expect(runs.flatMap(({ tasks }) => tasks.map(({ attempt }) => attempt))).toEqual([1, 1, 1]);
});

test('after a failure the next owner executes', async () => {
  await reprise.register({
    workflow: 'unlucky',
    tasks: [
      {
        id: 'charge',
        call: 'flaky',
        with: { times: '${{ input.times }}' },
        idempotencyKey: '${{ input.order }}',
        retry: { maximumAttempts: 1 },
      },
    ],
  });
  expect(await reprise.run('unlucky', { order: 'u1', times: 1 })).toMatchObject({ status: 'failed' });
  expect(await reprise.run('unlucky', { order: 'u1', times: 0 })).toMatchObject({ status: 'succeeded' });
});
