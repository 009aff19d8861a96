import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderAsyncApi } from '@reprise/contracts';
import { checkInput, checkSchema, type Json } from '@reprise/core';
import { eventually } from '@reprise/testing';
import { parse } from 'yaml';
import { closedSchema, type Document } from './documented-interface.js';
import { RunningServices } from './running-services.js';

const DOCUMENT = `
workflow: shop
on: [{ event: order.placed }, { poll: { every: 1s, call: http, with: { url: "http://127.0.0.1:1/" }, retry: { maximumAttempts: 1 }, if: true } }]
lifecycle: tasks
tasks:
  tell: { emit: { type: order.seen, data: { a: 1 } } }
  ask: { approval: { subject: Ship it?, form: { type: object } }, needs: [tell] }
  fetch: { call: http, with: { url: "http://127.0.0.1:1/" }, needs: [tell], retry: { maximumAttempts: 1 }, timeout: 10s, onError: continue }
`;

let reprise: RunningServices;
let asyncapi: Document;
/** Queues of the test's own, one for each exchange that is listened to. */
const listening: Record<string, string> = {};

beforeAll(async () => {
  reprise = await RunningServices.start();
  const { names, prefix } = reprise.broker;
  await reprise.broker.channel(async (channel) => {
    const bind = async (name: string, exchange: string, patterns: readonly string[]) => {
      const { queue } = await channel.assertQueue(`${prefix}.heard.${name}`, { durable: true });
      for (const pattern of patterns) await channel.bindQueue(queue, exchange, pattern);
      listening[name] = queue;
    };
    await bind('runs', names.lifecycle, ['run.#']);
    await bind('probes', names.lifecycle, ['probe.#']);
    await bind('tasks', names.lifecycle, ['task.#']);
    await bind('approvals', names.lifecycle, ['approval.#']);
    await bind('events', names.events, ['#']);
    await bind('attempts', names.attempts, ['#']);
    await bind('inbox', names.inbox, ['0', '1', '2', '3', '4', '5', '6', '7']);
  });
  const answer = await fetch(`${reprise.named('monitor').url}/asyncapi.yaml`);
  expect(answer.headers.get('content-type')).toContain('yaml');
  asyncapi = parse(await answer.text());
});
afterAll(async () => {
  await reprise.broker.channel(async (channel) => {
    for (const queue of Object.values(listening)) await channel.deleteQueue(queue);
  });
  await reprise.end();
});

const post = (path: string, body: string, type: string) =>
  fetch(`${reprise.named('monitor').url}${path}`, { method: 'POST', headers: { 'content-type': type }, body });

/** What was heard there; more may come. */
const heard: Record<string, Json[]> = {};
async function hear(name: string): Promise<readonly Document[]> {
  const bodies = await reprise.broker.take(listening[name] ?? '');
  heard[name] = [...(heard[name] ?? []), ...bodies.map((body) => JSON.parse(body.toString()))];
  return heard[name];
}

const until = (name: string, enough: (messages: readonly Document[]) => boolean) =>
  eventually(async () => enough(await hear(name)), { what: `${name} on the broker` });

/** As a worker asks: to a queue of its own, one answer for each request. */
async function askGate(...requests: readonly Json[]): Promise<readonly Document[]> {
  expect(requests.flatMap((request) => problemsOf('gate', request))).toEqual([]);
  return reprise.broker.channel(async (channel) => {
    const { queue } = await channel.assertQueue('', { exclusive: true });
    const answers: Document[] = [];
    for (const [index, request] of requests.entries()) {
      channel.sendToQueue(asyncapi.channels.gate.address, Buffer.from(JSON.stringify(request)), {
        replyTo: queue,
        correlationId: String(index),
      });
      const answer = await eventually(() => channel.get(queue, { noAck: true }), { what: 'the gate answers' });
      expect(answer.properties.correlationId).toBe(String(index));
      answers.push(JSON.parse(answer.content.toString()));
    }
    return answers;
  });
}

function problemsOf(channel: string, message: Json): readonly string[] {
  const [reference] = Object.values<Document>(asyncapi.channels[channel].messages);
  const { payload } = asyncapi.components.messages[reference.$ref.split('/').at(-1)];
  return checkInput(closedSchema(asyncapi, payload), message).map((each) => `${channel}: ${each.path} ${each.message}`);
}

describe('what is on the broker', () => {
  test('is as documented: events, news of runs, probes, tasks and approvals, attempts and their outcomes', async () => {
    expect((await post('/v1/workflows', DOCUMENT, 'application/yaml')).status).toBe(201);
    const event = { specversion: '1.0', id: 'e1', source: 's', type: 'order.placed', data: {} };
    expect((await post('/v1/events', JSON.stringify(event), 'application/cloudevents+json')).status).toBe(202);
    await until('events', (all) => all.some(({ type }) => type === 'order.seen'));
    await until('attempts', (all) => all.length > 0);
    await until('inbox', (all) => all.some(({ items }) => items.some(({ kind }: Document) => kind === 'outcome')));
    await until('approvals', (all) => all.some(({ type }) => type === 'approval.requested'));
    const [{ data }] = (await hear('approvals')) as [Document];
    const approve = JSON.stringify({ decision: 'approved', form: {} });
    expect((await post(`/v1/approvals/${data.approval}`, approve, 'application/json')).status).toBe(200);
    await until('approvals', (all) => all.some(({ type }) => type === 'approval.decided'));
    await until('runs', (all) => all.length > 1);
    await until('probes', (all) => all.some(({ type }) => type === 'probe.failed'));
    expect((heard['runs'] as Document[]).every(({ data }) => data.workflow === 'shop')).toBe(true);
    const ofFetch = (all: readonly Document[]) => all.filter(({ data }) => data.task === 'fetch').map(({ type }) => type);
    await until('tasks', (all) => ['task.started', 'task.failed'].every((type) => ofFetch(all).includes(type)));
    expect((heard['runs'] as Document[]).map(({ type }) => type)).toContain('run.started');
    for (const [channel, messages] of Object.entries(heard))
      expect(messages.flatMap((message) => problemsOf(channel === 'events' ? 'emitted' : channel, message))).toEqual([]);
  });

  test('lets a worker that knows nothing but the document take an attempt to its end', async () => {
    const document = 'workflow: abroad\ntasks: [{ id: a, call: shop.abroad, with: { n: 1 }, queue: abroad, timeout: 1m }]';
    expect((await post('/v1/workflows', document, 'application/yaml')).status).toBe(201);
    const worker = 'contract-1';
    const queues = [{ name: 'abroad', readUntil: null }];
    const hello = { v: 1, kind: 'hello', worker, queues, handlers: ['shop.abroad'], concurrency: 1 };
    const answers = [...(await askGate(hello))];
    const { status } = await post('/v1/workflows/abroad/runs', '{"input":{}}', 'application/json');
    expect(status).toBe(202);
    const { names } = reprise.broker;
    const body = await eventually(async () => (await reprise.broker.take(names.taskQueue('abroad')))[0] ?? false, {
      what: 'a ticket in the queue',
    });
    const message = JSON.parse(body.toString());
    expect(problemsOf('attempts', message)).toEqual([]);
    const claim = { v: 1, kind: 'claim', worker, claim: '5b0f7c1e-9c57-4a1e-8a43-2f3d5f8a6c10', attempts: message.attempts };
    const [claimed, again, other] = (await askGate(claim, claim, {
      ...claim,
      claim: '6b0f7c1e-9c57-4a1e-8a43-2f3d5f8a6c10',
    })) as [Document, Document, Document];
    expect([again.attempts[0].fence, other.attempts[0].kind]).toEqual([claimed.attempts[0].fence, 'refused']);
    const { run, node, at, fence, claim: id, version } = claimed.attempts[0];
    const held = { v: 1, run, node, at, fence, claim: id };
    const outcome = { ...held, kind: 'outcome', version, outcome: { kind: 'succeeded', output: [1, null] } };
    answers.push(claimed, again, other);
    answers.push(...(await askGate({ ...held, kind: 'heartbeat' }, outcome, { v: 1, kind: 'goodbye', worker })));
    await until('runs', (all) => all.some(({ type, subject }) => type === 'run.succeeded' && subject === run));
    answers.push(
      ...(await askGate(outcome, { ...held, kind: 'heartbeat' }, { v: 1, kind: 'put-back', attempts: message.attempts })),
    );
    expect(answers.map(({ kind }) => kind)).toEqual([
      'welcome',
      'claimed',
      'claimed',
      'claimed',
      'held',
      'accepted',
      'accepted',
      'stale',
      'gone',
      'accepted',
    ]);
    expect(answers.flatMap((answer) => problemsOf('gateAnswers', answer))).toEqual([]);
    await reprise.broker.channel((channel) => channel.deleteQueue(names.taskQueue('abroad')));
  });

  test('the channels name what is declared on the broker', async () => {
    for (const { bindings } of Object.values<Document>(asyncapi.channels)) {
      const { is, exchange, queue } = bindings.amqp;
      await reprise.broker.channel(async (channel) => {
        if (is === 'routingKey' && exchange.name === '') return;
        if (is === 'routingKey') await channel.assertExchange(exchange.name, exchange.type, { durable: exchange.durable });
        else await channel.checkQueue(queue.name.replace('{queue}', 'default'));
      });
    }
  });

  test('the schemas are JSON Schema, and every reference leads somewhere', () => {
    for (const name of Object.keys(asyncapi.components.schemas))
      expect([name, checkSchema(closedSchema(asyncapi, { $ref: `#/components/schemas/${name}` }))]).toEqual([name, []]);
    const references = [...JSON.stringify(asyncapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    const lost = references.filter(
      (path) => path.split('/').reduce((place: Document, step: string) => place?.[step], asyncapi) === undefined,
    );
    expect(lost).toEqual([]);
    expect(asyncapi.channels.runs.bindings.amqp.exchange.name).toBe(reprise.broker.names.lifecycle);
    expect(JSON.stringify(renderAsyncApi('other', '1'))).not.toContain('reprise.');
  });
});
