import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventViews, WorkflowStore } from '@reprise/ledger';
import { registerWorkflow } from '@reprise/testing';
import { delivered } from '../../test/deliveries.js';
import { TriggerUnderTest } from '../../test/trigger-under-test.js';
import { TriggerPipeline } from '../pipeline/trigger-pipeline.js';
import { TriggerEventsConsumer } from './trigger-events.consumer.js';

const trigger = new TriggerUnderTest();
const { letters, post, runs } = trigger;
beforeAll(trigger.begin);
afterAll(trigger.end);

describe('a message that comes again', () => {
  const consumer = (database = trigger.db.database) => {
    const pipeline = new TriggerPipeline(trigger.parts.context, database, trigger.parts.connection);
    return { pipeline, events: new TriggerEventsConsumer(pipeline, trigger.parts.context) };
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
      await registerWorkflow(trigger.db.database, 'workflow: fading\ntasks: { a: { call: shop.pay } }');
      const start = (id: string) => delivered('run.start.fading', { id: 'faded' }, { messageId: id });
      await events.take([start('f1')]);
      await new WorkflowStore(trigger.db.database).archive('fading');
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
      const listing = await new EventViews(trigger.db.database).list(
        { type: null, outcome: 'conflict' },
        { cursor: null, limit: 10 },
      );
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
    const database = new Proxy(trigger.db.database, {
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
