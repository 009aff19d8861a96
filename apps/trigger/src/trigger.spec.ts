import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runId } from '@reprise/core';
import { RunViews } from '@reprise/ledger';
import { eventually } from '@reprise/testing';
import { TriggerUnderTest } from '../test/trigger-under-test.js';

const trigger = new TriggerUnderTest();
const { letters, post, publish, runs } = trigger;
beforeAll(trigger.begin);
afterAll(trigger.end);

describe('over HTTP', () => {
  test('a start is accepted once for one key', async () => {
    const start = () => post('workflows/orders/runs', { input: { id: 'h1' } }, { 'idempotency-key': 'h1' });
    const first = await start();
    expect(first).toMatchObject({ status: 202, json: { status: 'running' } });
    expect(first.headers.get('location')).toBe(`/v1/runs/${first.json['id']}`);
    const again = await start();
    expect(again).toMatchObject({ status: 200, json: { id: first.json['id'], status: 'running' } });
    await trigger.db.query(`update reprise.run set status = 'failed', ended_at = now(), watch_at = null where id = $1`, [
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
    await trigger.db.query('delete from reprise.run where id = $1', [id]);
    expect(await start()).toMatchObject({ status: 200, json: { id, status: null } });
    expect(await start('?wait=10m')).toMatchObject({ status: 410, json: { code: 'run_deleted' } });
  });

  test('who waits gets the run as it is shown, with its tasks, once it has ended; how it stands when the time is up', async () => {
    const start = (wait: string) => post(`workflows/orders/runs${wait}`, { input: { id: 'h3' } }, { 'idempotency-key': 'h3' });
    const early = await start('?wait=1ms');
    expect(early.status).toBe(202);
    expect(Object.keys(early.json).sort()).toEqual(['error', 'id', 'output', 'status', 'workflow']);
    const { id } = early.json;
    await trigger.db.query(
      `update reprise.run set status = 'succeeded', output = '{"paid": true}', ended_at = now() where id = $1`,
      [id],
    );
    const ended = await start('?wait=10m');
    expect(ended).toMatchObject({ status: 200, json: { id, workflow: 'orders', status: 'succeeded', output: { paid: true } } });
    expect(ended.json).toMatchObject({ error: null, input: { id: 'h3' }, tasks: [{ path: 'a', kind: 'call' }], tasksNext: null });
    expect(ended.json).toEqual(await new RunViews(trigger.db.database).find(runId(String(id))));
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
    const send = (headers: Record<string, string>) =>
      fetch(`${trigger.parts.trigger.url}/v1/events`, { method: 'POST', headers });
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
