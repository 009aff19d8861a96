import { afterAll, expect, test } from '@jest/globals';
import type { EventView, Page, RunView } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import type { Options } from 'amqplib';
import { Installation } from './installation.js';
import type { EventsAnswer, Started } from './request-to.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

await reprise.register({
  workflow: 'order',
  input: { type: 'object', required: ['orderId'], properties: { orderId: { type: 'string' }, total: { type: 'number' } } },
  on: [
    {
      event: 'order.placed',
      if: 'event.data.total >= 0',
      key: '${{ event.data.id }}',
      input: { orderId: '${{ event.data.id }}', total: '${{ event.data.total }}' },
    },
  ],
  tasks: [{ id: 'take', call: 'echo', with: { id: '${{ input.orderId }}' } }],
  output: '${{ tasks.take.output.id }}',
});

interface Sent {
  readonly routingKey: string;
  readonly body: Buffer | string;
  readonly options?: Options.Publish;
}

const publish = ({ routingKey, body, options = {} }: Sent) =>
  reprise.broker.channel(async (channel) => {
    channel.publish(reprise.broker.names.events, routingKey, Buffer.from(body), options);
  });

const event = (id: string, data: unknown, source = 'shop') => ({ specversion: '1.0', type: 'order.placed', source, id, data });

const STRUCTURED = { 'content-type': 'application/cloudevents+json' };

/** Runs started for this order, ended. */
const runsOf = async (orderId: string) => {
  const rows = await reprise.database.query<{ id: string }>(`select id from reprise.run where input ->> 'orderId' = $1`, [
    orderId,
  ]);
  return Promise.all(rows.map(({ id }) => reprise.ended(id)));
};
const runOf = (orderId: string): Promise<RunView> =>
  reprise.orTell(
    eventually(
      async () => {
        const [run, ...others] = await runsOf(orderId);
        return run !== undefined && others.length === 0 && run;
      },
      { what: `a run for ${orderId}` },
    ),
  );

test('a CloudEvent by HTTP, structured, starts a run with the rendered input', async () => {
  const answer = await reprise.request('POST', '/v1/events', event('h1', { id: 'http-structured', total: 5 }), STRUCTURED);
  expect(answer).toMatchObject({
    status: 202,
    body: { results: [{ id: 'h1', outcome: 'accepted', runs: [{ workflow: 'order' }] }] },
  });
  expect(await runOf('http-structured')).toMatchObject({
    status: 'succeeded',
    output: 'http-structured',
    trigger: 'event',
    input: { total: 5 },
  });
});

test('a CloudEvent by HTTP, binary, does the same', async () => {
  const headers = { 'ce-specversion': '1.0', 'ce-type': 'order.placed', 'ce-source': 'shop', 'ce-id': 'h2' };
  const answer = await reprise.request('POST', '/v1/events', { id: 'http-binary', total: 1 }, headers);
  expect(answer.body).toMatchObject({ results: [{ id: 'h2', outcome: 'accepted' }] });
  expect(await runOf('http-binary')).toMatchObject({ status: 'succeeded' });
});

test('a batch tells of each of its events what it did', async () => {
  const batch = [
    event('b1', { id: 'batch-1', total: 1 }),
    event('b2', { id: 'batch-2', total: -1 }),
    event('b1', { id: 'batch-1', total: 1 }),
    event('b3', { id: 3, total: 1 }),
    { ...event('b4', {}), type: 'nobody.cares' },
  ];
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  const { results } = (await reprise.request<EventsAnswer>('POST', '/v1/events', batch, headers)).body;
  expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'unmatched', 'duplicate', 'rejected', 'unmatched']);
  expect(results[1]?.reasons?.[0]?.reason).toContain('event.data.total >= 0');
  expect(results[3]?.reasons?.[0]?.reason).toContain('orderId');
  expect(await runOf('batch-1')).toMatchObject({ status: 'succeeded' });
});

test.each<[string, Sent]>([
  [
    'binary',
    {
      routingKey: 'order.placed',
      body: '{"id":"amqp-binary","total":1}',
      options: { headers: { 'cloudEvents:id': 'a1', 'cloudEvents:source': 'shop', 'cloudEvents:type': 'order.placed' } },
    },
  ],
  [
    'structured',
    {
      routingKey: 'anything',
      body: JSON.stringify(event('a2', { id: 'amqp-structured', total: 1 })),
      options: { contentType: 'application/cloudevents+json' },
    },
  ],
  ['bare', { routingKey: 'order.placed', body: '{"id":"amqp-bare","total":1}', options: { messageId: 'a3', appId: 'shop' } }],
  ['start', { routingKey: 'run.start.order', body: '{"orderId":"amqp-start"}', options: { messageId: 'a4' } }],
])('a message, %s, starts a run, and once however often it is sent', async (kind, message) => {
  await publish(message);
  await publish(message);
  await publish({ routingKey: 'run.start.order', body: JSON.stringify({ orderId: `after-${kind}` }) });
  // What was sent later is there; what was sent before may be a little later still: two batches are in flight at a time.
  await runOf(`after-${kind}`);
  await runOf(`amqp-${kind}`);
  expect(await runsOf(`amqp-${kind}`)).toMatchObject([{ status: 'succeeded' }]);
});

test('the same event by HTTP and by AMQP is one event', async () => {
  const one = event('both', { id: 'both-ways', total: 1 });
  await reprise.send(one);
  expect(await reprise.send(one)).toMatchObject({ outcome: 'duplicate', runs: [{ workflow: 'order' }] });
  await publish({ routingKey: 'x', body: JSON.stringify(one), options: { contentType: 'application/cloudevents+json' } });
  await publish({ routingKey: 'run.start.order', body: '{"orderId":"after-both"}' });
  await runOf('after-both');
  expect(await runsOf('both-ways')).toHaveLength(1);
});

test('an id seen with another body is a conflict; a business key seen with another input is one too', async () => {
  await reprise.send(event('c1', { id: 'conflict', total: 1 }));
  const otherBody = await reprise.send(event('c1', { id: 'conflict', total: 2 }));
  expect(otherBody).toMatchObject({ outcome: 'conflict', runs: [] });
  const sameKey = await reprise.send(event('c2', { id: 'conflict', total: 1 }));
  const first = await runOf('conflict');
  expect(sameKey).toMatchObject({ outcome: 'accepted', runs: [{ id: first.id }] });
  const otherInput = await reprise.send(event('c3', { id: 'conflict', total: 9 }));
  expect(otherInput).toMatchObject({ outcome: 'conflict', runs: [] });
  expect(await runsOf('conflict')).toHaveLength(1);
  const asked = await reprise.request<Page<EventView>>('GET', '/v1/events?type=order.placed&outcome=conflict');
  expect(asked.body.items.map(({ id }) => id)).toEqual(['c3', 'c1']);
  expect(asked.body.items[1]).toMatchObject({
    count: 1,
    results: [{ kind: 'conflict', reason: expect.stringContaining('other content') }],
  });
});

test('?wait answers with the finished run, or with 202 when the time is up', async () => {
  const done = await reprise.request<Started>('POST', '/v1/workflows/order/runs?wait=20s', { input: { orderId: 'waited' } });
  expect(done).toMatchObject({ status: 200, body: { status: 'succeeded', output: 'waited' } });
  expect(done.body).toEqual((await reprise.request('GET', `/v1/runs/${done.body.id}`)).body);
  await reprise.register({ workflow: 'long', tasks: [{ id: 'nap', sleep: '1h' }] });
  const late = await reprise.request<Started>('POST', '/v1/workflows/long/runs?wait=50ms', { input: {} });
  expect(late).toMatchObject({ status: 202, body: { status: 'running' } });
  await reprise.request('POST', `/v1/runs/${late.body.id}/cancel`);
  await reprise.ended(late.body.id);
});
