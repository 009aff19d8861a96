import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BrokerConnection, type OutgoingMessage, Publisher } from '@reprise/broker';

import { runId } from '@reprise/core';
import { EventViews, RunViews, WorkflowStore } from '@reprise/ledger';

import {
  createServiceContext,
  Metrics,
  type RunningService,
  readSettings,
  type ServiceContext,
  silentLogger,
} from '@reprise/service';
import { eventually, registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { delivered } from '../test/deliveries.js';
import { TriggerEventsConsumer } from './amqp/trigger-events.consumer.js';
import { TriggerPipeline } from './pipeline/trigger-pipeline.js';
import { startTrigger } from './trigger.module.js';

const broker = new TestBroker();
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;
let trigger: RunningService;
let context: ServiceContext;

beforeAll(async () => {
  db = await TestDatabase.create();
  await registerWorkflow(
    db.database,
    'workflow: orders\ninput: { type: object, properties: { id: { type: string } } }\non: [{ event: order.* }]\ntasks: { a: { call: shop.pay } }',
  );
  const environment = {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
    REPRISE_DATABASE_POOL: '4',
  };
  const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  context = createServiceContext('trigger', readSettings(environment, 'trigger'), { logger: silentLogger, metrics });
  trigger = await startTrigger(context);
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

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${trigger.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Record<string, never> };
}

const publish = async (routingKey: string, body: unknown, fields: Partial<OutgoingMessage> = {}): Promise<void> => {
  const message = {
    exchange: broker.names.events,
    routingKey,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...fields,
  };
  expect(await publisher.publish([message])).toEqual([{ kind: 'confirmed' }]);
};
const runs = (input: string) =>
  db.query<{ id: string; trigger: string; key: string }>('select id, trigger, key from reprise.run where input::text = $1', [
    input,
  ]);
const letters = (text: string) =>
  db.query<{ reason: string; queue: string }>(
    `select reason, queue from reprise.dead_letter where convert_from(body, 'UTF8') like $1`,
    [`%${text}%`],
  );

describe('over HTTP', () => {
  test('a start is accepted once for one key', async () => {
    const start = () => post('workflows/orders/runs', { input: { id: 'h1' } }, { 'idempotency-key': 'h1' });
    const first = await start();
    expect(first).toMatchObject({ status: 202, json: { status: 'running' } });
    expect(first.headers.get('location')).toBe(`/v1/runs/${first.json['id']}`);
    const again = await start();
    expect(again).toMatchObject({ status: 200, json: { id: first.json['id'], status: 'running' } });
    await db.query(`update reprise.run set status = 'failed', ended_at = now(), watch_at = null where id = $1`, [
      first.json['id'],
    ]);
    expect((await start()).json).toEqual({ id: first.json['id'], status: 'failed' });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await post('workflows/orders/runs', { input: { id: 'other' } }, { 'idempotency-key': 'h1' });
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_mismatch' } });
  });

  test('a key answers for its own time, also when its run is gone; nobody waits for that', async () => {
    const start = (wait = '') => post(`workflows/orders/runs${wait}`, { input: { id: 'h2' } }, { 'idempotency-key': 'h2' });
    const { id } = (await start()).json;
    await db.query('delete from reprise.run where id = $1', [id]);
    expect(await start()).toMatchObject({ status: 200, json: { id, status: null } });
    expect(await start('?wait=10m')).toMatchObject({ status: 410, json: { code: 'run_deleted' } });
  });

  test('who waits gets the run as it is shown, with its tasks, once it has ended; how it stands when the time is up', async () => {
    const start = (wait: string) => post(`workflows/orders/runs${wait}`, { input: { id: 'h3' } }, { 'idempotency-key': 'h3' });
    const early = await start('?wait=1ms');
    expect(early.status).toBe(202);
    expect(Object.keys(early.json).sort()).toEqual(['error', 'id', 'output', 'status', 'workflow']);
    const { id } = early.json;
    await db.query(`update reprise.run set status = 'succeeded', output = '{"paid": true}', ended_at = now() where id = $1`, [
      id,
    ]);
    const ended = await start('?wait=10m');
    expect(ended).toMatchObject({ status: 200, json: { id, workflow: 'orders', status: 'succeeded', output: { paid: true } } });
    expect(ended.json).toMatchObject({ error: null, input: { id: 'h3' }, tasks: [{ path: 'a', kind: 'call' }], tasksNext: null });
    expect(ended.json).toEqual(await new RunViews(db.database).find(runId(String(id))));
  });

  test('what cannot start says why', async () => {
    expect(await post('workflows/none/runs', {})).toMatchObject({ status: 404, json: { code: 'workflow_not_found' } });
    expect(await post('workflows/orders/runs', { input: { id: 5 } })).toMatchObject({
      status: 422,
      json: { code: 'invalid_input', errors: [{ path: 'input.id' }] },
    });
    expect(await post('workflows/orders/runs', { inputs: {} })).toMatchObject({ status: 422, json: { code: 'invalid_start' } });
  });

  test('a batch of starts answers each by itself, whatever is wrong with the others', async () => {
    const items = [
      { input: { id: 'b1' }, key: 'b1' },
      { input: { id: 5 } },
      { inputs: 1 },
      'nonsense',
      { input: { id: 'b1' }, key: 'b1' },
      { key: 7 },
    ];
    const { status, json } = await post('workflows/orders/runs:batch', { items });
    expect(status).toBe(202);
    const results = json['results'] as unknown as { status: number; code?: string; id?: string; runStatus?: string }[];
    expect(results.map((result) => [result.status, result.code])).toEqual([
      [202, undefined],
      [422, 'invalid_input'],
      [422, 'invalid_start'],
      [422, 'invalid_start'],
      [200, undefined],
      [422, 'invalid_start'],
    ]);
    expect(results[4]?.id).toBe(results[0]?.id);
    expect(results.map(({ runStatus }) => runStatus)).toEqual(['running', undefined, undefined, undefined, 'running', undefined]);
  });

  test('events tell what each of them did', async () => {
    const events = ['v1', 'v1', 'v2'].map((id) => ({
      specversion: '1.0',
      id,
      source: 'shop',
      type: 'order.placed',
      data: { id },
    }));
    const { status, json } = await post('events', events, { 'content-type': 'application/cloudevents-batch+json' });
    expect(status).toBe(202);
    const results = json['results'] as unknown as { outcome: string; runs: { workflow: string; id: string }[] }[];
    expect(results.map(({ outcome }) => outcome)).toEqual(['accepted', 'duplicate', 'accepted']);
    expect(results[1]?.runs).toEqual(results[0]?.runs);
    expect(await post('events', { id: 'x' }, { 'content-type': 'application/cloudevents+json' })).toMatchObject({
      status: 422,
      json: { code: 'invalid_event', errors: [{ path: '', message: 'the CloudEvents attribute "source" is missing' }] },
    });
  });

  test('a binary event may come without a body: it has no data', async () => {
    const send = (headers: Record<string, string>) => fetch(`${trigger.url}/v1/events`, { method: 'POST', headers });
    const attributes = { 'ce-id': 'bodiless', 'ce-source': 'shop', 'ce-type': 'order.noted' };
    const answer = await send(attributes);
    // Its run would have null for an input, which must be an object here.
    const results = [{ id: 'bodiless', outcome: 'rejected', reasons: [{ workflow: 'orders' }] }];
    expect([answer.status, await answer.json()]).toMatchObject([202, { results }]);
    for (const headers of [{}, { ...attributes, 'content-type': 'application/cloudevents-batch+json' }])
      expect([(await send(headers)).status, headers]).toEqual([400, headers]);
  });
});

describe('over AMQP', () => {
  test('events of every form start runs, and what starts is in the ledger when the queue is empty', async () => {
    const event = { specversion: '1.0', id: 'a1', source: 'shop', type: 'order.placed', data: { id: 'structured' } };
    await publish('whatever', event, { contentType: 'application/cloudevents+json' });
    await publish(
      'whatever',
      { id: 'binary' },
      { headers: { 'cloudEvents:id': 'a2', 'cloudEvents:source': 'shop', 'cloudEvents:type': 'order.placed' } },
    );
    await publish('order.placed', { id: 'bare' }, { messageId: 'm1', appId: 'shop' });
    await publish('order.placed', { id: 'bare' }, { messageId: 'm1', appId: 'shop' });
    for (const id of ['structured', 'binary', 'bare']) {
      await eventually(async () => (await runs(`{"id":"${id}"}`)).length === 1, { what: `the run of the ${id} event` });
    }
  });

  test('a start by name runs under its message’s id', async () => {
    await publish('run.start.orders', { id: 'by-name' }, { messageId: 'start-1' });
    await publish('run.start.orders', { id: 'by-name' }, { messageId: 'start-1' });
    // Two batches are in flight at a time, and the later one may be the faster.
    await eventually(async () => (await runs('{"id":"by-name"}')).length === 1, { what: 'the run by name' });
    await publish('run.start.orders', { id: 'other' }, { messageId: 'start-1' });
    await eventually(async () => (await letters('"other"')).length === 1, { what: 'the conflict among the dead letters' });
    expect(await runs('{"id":"by-name"}')).toMatchObject([{ trigger: 'amqp', key: 'start-1' }]);
    expect(await letters('"other"')).toEqual([{ queue: 'trigger', reason: expect.stringContaining('another input') }]);
  });

  test('what cannot be read or started is kept with its reason, and holds up nothing', async () => {
    await publish('order.placed', '{"id": nonsense-1');
    await publish('run.start.nothing', { id: 'nonsense-2' });
    await publish('run.start.orders', { id: 5, note: 'nonsense-3' });
    await publish('run.start.orders', { id: 'nonsense-4' }, { messageId: 'ä' });
    await publish('order.placed', { id: 'after' }, { messageId: 'm-after' });
    await eventually(async () => (await letters('nonsense')).length === 4 && (await runs('{"id":"after"}')).length === 1, {
      what: 'four dead letters and a run',
    });
    const reasons = (await letters('nonsense')).map(({ reason }) => reason);
    expect(reasons).toEqual(
      expect.arrayContaining([
        expect.stringContaining('does not fit orders'),
        expect.stringContaining('message_id'),
        expect.stringContaining('not acceptable JSON'),
        'there is no workflow nothing',
      ]),
    );
  });
});

describe('a message that comes again', () => {
  const consumer = (database = db.database) => {
    const pipeline = new TriggerPipeline(context, database, connection);
    return { pipeline, events: new TriggerEventsConsumer(pipeline, context) };
  };

  test('and bears no id starts one run by name, whether this process or another has taken it before', async () => {
    const { pipeline, events } = consumer();
    await pipeline.start();
    try {
      const start = (redelivered = false) => delivered('run.start.orders', { id: 'anonymous' }, {}, redelivered);
      const message = start();
      await events.take([message]);
      await events.take([message]);
      expect((await runs('{"id":"anonymous"}')).length).toBe(1);
      await events.take([start(true)]);
      expect((await runs('{"id":"anonymous"}')).length).toBe(1);
      await events.take([start()]);
      expect((await runs('{"id":"anonymous"}')).length).toBe(2);
    } finally {
      await pipeline.stop();
    }
  });

  test('under its id is no dead letter, whatever has become of its workflow since', async () => {
    const { pipeline, events } = consumer();
    await pipeline.start();
    try {
      await registerWorkflow(db.database, 'workflow: fading\ntasks: { a: { call: shop.pay } }');
      const start = (id: string) => delivered('run.start.fading', { id: 'faded' }, { messageId: id });
      await events.take([start('f1')]);
      await new WorkflowStore(db.database).archive('fading');
      await events.take([start('f1')]);
      expect(await letters('faded')).toEqual([]);
      expect(await post('workflows/fading/runs', { input: { id: 'faded' } }, { 'idempotency-key': 'f1' })).toMatchObject({
        status: 200,
        json: { status: 'running' },
      });
      await events.take([start('f2')]);
      expect(await letters('faded')).toEqual([{ queue: 'trigger', reason: expect.stringContaining('archived') }]);
      expect((await runs('{"id":"faded"}')).length).toBe(1);
    } finally {
      await pipeline.stop();
    }
  });

  test('under its id with another body is a conflict that can be asked for, as over HTTP', async () => {
    const { pipeline, events } = consumer();
    await pipeline.start();
    try {
      const message = (id: string) => delivered('order.placed', { id }, { messageId: 'twofold', appId: 'shop' });
      await events.take([message('one')]);
      await events.take([message('other')]);
      const event = { specversion: '1.0', id: 'twofold', source: 'amqp/shop', type: 'order.placed', data: { id: 'third' } };
      await post('events', event, { 'content-type': 'application/cloudevents+json' });
      const listing = await new EventViews(db.database).list({ type: null, outcome: 'conflict' }, { cursor: null, limit: 10 });
      expect(listing).toMatchObject({
        page: {
          items: [{ id: 'twofold', count: 2, results: [{ kind: 'conflict', reason: expect.stringContaining('other content') }] }],
        },
      });
      expect(await runs('{"id":"other"}')).toEqual([]);
    } finally {
      await pipeline.stop();
    }
  });

  test('because the database did not answer keeps the id it was given, and is buried once', async () => {
    let isAway = true;
    const database = new Proxy(db.database, {
      get: (target, name) => {
        if (name === 'transaction' && isAway)
          return () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const { pipeline, events } = consumer(database);
    await pipeline.start();
    try {
      const batch = [delivered('order.placed', { id: 'patient' }), delivered('order.placed', 'bad-once')];
      for (let tries = 0; tries < 2; tries += 1) await expect(events.take(batch)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      isAway = false;
      await events.take(batch);
      await events.take(batch);
      expect((await runs('{"id":"patient"}')).length).toBe(1);
      expect((await letters('bad-once')).length).toBe(1);
    } finally {
      await pipeline.stop();
    }
  });

  test('that the ledger refuses goes to the dead letters with the reason', async () => {
    const { pipeline, events } = consumer();
    await pipeline.start();
    try {
      // An application's id with NUL in it: the reader has no say in it for bare messages.
      await events.take([
        delivered('order.placed', { id: 'refused' }, { messageId: 'r1', appId: 'shop' }),
        delivered('run.start.orders', { id: 'refused-start' }, { appId: 'a\u0000b' }),
      ]);
      expect((await runs('{"id":"refused"}')).length).toBe(1);
      expect(await letters('refused-start')).toEqual([{ queue: 'trigger', reason: expect.stringContaining('0x00') }]);
    } finally {
      await pipeline.stop();
    }
  });
});
