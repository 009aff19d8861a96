import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BrokerConnection, Publisher } from '@reprise/broker';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import { eventually, registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from './trigger.module.js';

const MAX_INPUT = 1_000;
const MAX_EVENT = 2_000;
const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;
let trigger: RunningService;

beforeAll(async () => {
  db = await TestDatabase.create();
  await registerWorkflow(db.database, 'workflow: orders\non: [{ event: order.placed }]\ntasks: { a: { call: shop.pay } }');
  const environment = {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
    REPRISE_DATABASE_POOL: '4',
    REPRISE_MAX_INPUT_BYTES: String(MAX_INPUT),
    REPRISE_MAX_EVENT_BYTES: String(MAX_EVENT),
  };
  const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  const settings = readSettings(environment, 'trigger');
  trigger = await startTrigger(createServiceContext('trigger', settings, { logger: silentLogger, metrics }));
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  await connection.ensureTaskQueue('default');
  publisher = new Publisher(connection, { logger: silentLogger });
});
afterAll(async () => {
  await publisher.close();
  await connection.close();
  expect((await trigger.close()).clean).toBe(true);
  await broker.end(['default']);
  await db.end();
});

async function post(path: string, body: unknown, contentType = 'application/json') {
  const headers = { 'content-type': contentType };
  const answer = await fetch(`${trigger.url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

async function publish(routingKey: string, body: unknown, messageId: string, contentType = 'application/json'): Promise<void> {
  const message = { exchange: broker.names.events, routingKey, body: JSON.stringify(body), messageId, contentType };
  expect(await publisher.publish([message])).toEqual([{ kind: 'confirmed' }]);
}

const letters = () => db.query<{ reason: string }>('select reason from reprise.dead_letter order by id');
const runs = () => db.query<{ trigger: string; key: string | null }>('select trigger, key from reprise.run order by id');
const outcomes = () =>
  db.query<{ id: string; outcome: string; results: unknown }>(
    'select id, outcome, results::jsonb from reprise.trigger_event order by id',
  );

/** Text whose JSON has so many bytes; with an é it has fewer characters than bytes. */
const textOf = (bytes: number): string => `é${'x'.repeat(bytes - 4)}`;
/** A structured event of so many bytes. */
const eventOf = (id: string, bytes: number, type = 'order.noted') => {
  const event = { specversion: '1.0', id, source: 's', type, data: '' };
  return { ...event, data: textOf(bytes - Buffer.byteLength(JSON.stringify(event)) + 2) };
};

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

describe('the input of a run', () => {
  const reason = 'it has 1001 bytes, more than 1000 (REPRISE_MAX_INPUT_BYTES)';

  test('may be as large as REPRISE_MAX_INPUT_BYTES says, not larger, by HTTP', async () => {
    expect((await post('workflows/orders/runs', { input: textOf(MAX_INPUT) })).status).toBe(202);
    expect(await post('workflows/orders/runs', { input: textOf(MAX_INPUT + 1) })).toMatchObject({
      status: 422,
      json: {
        code: 'invalid_input',
        detail: `the input does not fit orders: ${reason}`,
        errors: [{ path: 'input', message: reason }],
      },
    });
    const items = [{ input: textOf(MAX_INPUT + 1) }, { input: textOf(MAX_INPUT) }];
    const { results } = (await post('workflows/orders/runs:batch', items)).json;
    expect(results).toMatchObject([{ status: 422, code: 'invalid_input' }, { status: 202 }]);
    expect((await runs()).length).toBe(2);
  });

  test('nor by AMQP: there it is a dead letter that says why', async () => {
    await publish('run.start.orders', textOf(MAX_INPUT + 1), 'large');
    await publish('run.start.orders', textOf(MAX_INPUT), 'fits');
    await eventually(async () => (await letters()).length === 1 && (await runs()).some(({ key }) => key === 'fits'), {
      what: 'a dead letter and a run',
    });
    expect(await letters()).toEqual([{ reason: `the input does not fit orders: ${reason}` }]);
    expect((await runs()).filter(({ key }) => key === 'large')).toEqual([]);
  });

  test('nor by an event: it is kept, with why it has started nothing', async () => {
    const before = (await runs()).length;
    const event = { ...eventOf('too-much', MAX_INPUT, 'order.placed'), data: textOf(MAX_INPUT + 1) };
    const { status, json } = await post('events', event, STRUCTURED);
    expect([status, json]).toMatchObject([202, { results: [{ id: 'too-much', outcome: 'rejected', runs: [] }] }]);
    expect((await outcomes()).find(({ id }) => id === 'too-much')).toMatchObject({
      outcome: 'rejected',
      results: [{ workflow: 'orders', kind: 'rejected', reason: `input: ${reason}` }],
    });
    expect((await runs()).length).toBe(before);
  });
});

describe('an event', () => {
  test('as large as REPRISE_MAX_EVENT_BYTES is taken over HTTP and AMQP alike', async () => {
    expect((await post('events', eventOf('h-fits', MAX_EVENT), STRUCTURED)).status).toBe(202);
    await publish('order.noted', eventOf('a-fits', MAX_EVENT), 'a-fits', STRUCTURED);
    await eventually(async () => (await outcomes()).some(({ id }) => id === 'a-fits'), { what: 'the event from AMQP' });
    expect((await outcomes()).map(({ id }) => id)).toContain('h-fits');
  });

  test('that is larger is 413', async () => {
    expect(await post('events', eventOf('h-large', MAX_EVENT + 1), STRUCTURED)).toMatchObject({
      status: 413,
      json: { code: 'body_too_large', detail: 'the event has 2001 bytes, more than 2000 (REPRISE_MAX_EVENT_BYTES)' },
    });
  });

  test('that is larger is told by its place in a batch, of which nothing is taken', async () => {
    const batch = [eventOf('b-fits', MAX_EVENT), eventOf('b-large', MAX_EVENT + 1), eventOf('b-too', MAX_EVENT)];
    const message = 'the event has 2001 bytes, more than 2000 (REPRISE_MAX_EVENT_BYTES)';
    expect(await post('events', batch, BATCH)).toMatchObject({
      status: 422,
      json: { code: 'invalid_event', detail: message, errors: [{ path: '[1]', message }] },
    });
    const known = (await outcomes()).map(({ id }) => id);
    expect(known.filter((id) => id.startsWith('b-') || id === 'h-large')).toEqual([]);
    expect((await post('events', [batch[0], batch[2]], BATCH)).status).toBe(202);
  });
});
