import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROUTES } from '@reprise/contracts';
import { checkSchema } from '@reprise/core';
import type { RunningService } from '@reprise/service';
import { eventually } from '@reprise/testing';
import { closedSchema, type Document, type Exchange, matchesPath, undocumented } from './documented-interface.js';
import { RunningServices } from './running-services.js';

const DOCUMENT = `
workflow: shop
version: 1.0.0
on:
  - event: order.placed
  - webhook: { path: shop, signature: none }
  - schedule: { id: nightly, cron: "30 2 * * *" }
  - poll: { id: stock, every: 300d, call: http, with: { url: "http://127.0.0.1:1/" }, retry: { maximumAttempts: 1 }, if: true }
tasks:
  ask: { approval: { subject: Ship it?, form: { type: object } } }
  said: { call: shell, with: { run: "echo hello" } }
  later: { call: http, with: { url: "http://127.0.0.1:1/" }, retry: { initialInterval: 1h, jitter: none } }
  stuck: { call: http, with: { url: "http://127.0.0.1:1/" }, idempotencyKey: "key-1-\${{ run.id }}", retry: { maximumAttempts: 1, onExhausted: park } }
`;
const BROKEN = 'workflow: broken\ntasks: { a: { fail: { code: NO, message: never } } }';

let reprise: RunningServices;
let openapi: Document;
const exchanges: Exchange[] = [];

beforeAll(async () => {
  reprise = await RunningServices.start();
  openapi = JSON.parse((await ask('get', '/openapi.json')).text);
});
afterAll(() => reprise.end());

interface Asked {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks, and keeps what was answered. */
async function ask(method: string, path: string, { path: parts = {}, query = '', body, headers = {} }: Asked = {}) {
  const url = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts[name] ?? ''));
  const answer = await fetch(`${reprise.named('monitor').url}${url}${query}`, {
    method: method.toUpperCase(),
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const contentType = answer.headers.get('content-type') ?? '';
  const text = contentType.startsWith('text/event-stream') ? await beginningOf(answer) : await answer.text();
  exchanges.push({ method: method.toUpperCase(), path, status: answer.status, contentType, text });
  const json: Document = contentType.includes('json') && text !== '' ? JSON.parse(text) : null;
  return { status: answer.status, text, json };
}

/** A stream has no end. */
async function beginningOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value);
}

const register = (document: string) =>
  ask('post', '/v1/workflows', { body: document, headers: { 'content-type': 'application/yaml' } });

/** Starts one and waits until this is so. */
async function startOf(name: string, until: (run: Document) => boolean): Promise<string> {
  const { json } = await ask('post', '/v1/workflows/{name}/runs', { path: { name }, body: { input: {} } });
  await eventually(async () => until((await ask('get', '/v1/runs/{id}', { path: { id: json.id } })).json), {
    what: `a run of ${name} to get there`,
  });
  return json.id;
}

const becomes = (id: string, status: string) =>
  eventually(async () => expect((await ask('get', '/v1/runs/{id}', { path: { id } })).json).toMatchObject({ status }), {
    what: `the run to be ${status}`,
  });

const statusOf = (run: Document, path: string): string => run.tasks.find((task: Document) => task.path === path)?.status;

/** What Express has on its routes, whoever put it there. */
function registered(service: RunningService): readonly { readonly method: string; readonly path: string }[] {
  interface Layer {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }
  const layers: readonly Layer[] = service.app.getHttpAdapter().getInstance().router.stack;
  return layers.flatMap(({ route }) =>
    route === undefined ? [] : Object.keys(route.methods).map((method) => ({ method, path: route.path })),
  );
}

describe('the routes of the document are those there are', () => {
  const isOf = (method: string, path: string) => (route: { readonly method: string; readonly path: string }) =>
    (method === '_all' || route.method === method) && matchesPath(path, route.path);

  test.each(['monitor', 'trigger'] as const)('what the %s answers is documented', (name) => {
    const routes = registered(reprise.named(name));
    expect(routes.length).toBeGreaterThan(5);
    // Nest registers `@All` as every method there is: for a wildcard only those that mean something are documented.
    const methods = ['get', 'post', 'delete', 'put', 'patch', '_all'];
    const isWild = (path: string) => routes.filter((route) => route.path === path).length > 5 || path.includes('*');
    const missing = routes
      .filter(({ method }) => methods.includes(method))
      .filter(({ method, path }) => !ROUTES.some(isOf(isWild(path) ? '_all' : method, path)));
    expect(missing).toEqual([]);
  });

  test('what is documented is answered by the monitor', () => {
    const routes = registered(reprise.named('monitor'));
    const missing = ROUTES.filter((route) => !routes.some(({ method, path }) => isOf(method, path)(route)));
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  test('the parameters that are documented are taken', async () => {
    for (const { method, path, parameters = [] } of ROUTES.filter((route) => route.method === 'get')) {
      const names = parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => (name === 'labels' ? 'label.team' : name));
      if (names.length === 0) continue;
      const parts = { id: '00000000-0000-7000-8000-000000000000', name: 'nope', path: 'a', workflow: 'nope', schedule: 'nope' };
      const { json } = await ask(method, path, { path: parts, query: `?${names.map((name) => `${name}=`).join('&')}` });
      expect([path, json?.detail ?? '']).toEqual([path, expect.not.stringMatching(/not a parameter|unknown/)]);
    }
  });

  test('the schemas are JSON Schema, and every reference leads somewhere', () => {
    const references = [...JSON.stringify(openapi).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    const lost = references.filter(
      (path) => path.split('/').reduce((place: Document, step: string) => place?.[step], openapi) === undefined,
    );
    expect(lost).toEqual([]);
    for (const name of Object.keys(openapi.components.schemas))
      expect([name, checkSchema(closedSchema(openapi, { $ref: `#/components/schemas/${name}` }))]).toEqual([name, []]);
    const ids = Object.values<Document>(openapi.paths).flatMap((each) =>
      Object.values<Document>(each).map((op) => op.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('answers are as documented', () => {
  test('of workflows and starts', async () => {
    expect((await register(DOCUMENT)).status).toBe(201);
    expect((await register(DOCUMENT)).status).toBe(200);
    expect((await register(DOCUMENT.replace('Ship it', 'Send it'))).status).toBe(409);
    expect((await register(DOCUMENT.replace('call: http', 'call: htp').replace('1.0.0', '1.1.0'))).status).toBe(201);
    expect((await register(DOCUMENT.replace('1.0.0', '1.2.0'))).status).toBe(201);
    expect((await register('workflow: 1')).status).toBe(422);
    await register(BROKEN);
    const name = 'shop';
    for (const path of ['/v1/workflows', '/v1/workflows/{name}', '/v1/workflows/{name}/versions', '/v1/workflows/{name}/diff'])
      expect((await ask('get', path, { path: { name } })).status).toBe(200);
    await ask('get', '/v1/schema/workflow.json');
    const headers = { 'idempotency-key': 'a' };
    await ask('post', '/v1/workflows/{name}/runs', { path: { name: 'broken' }, body: {}, headers, query: '?wait=30s' });
    await ask('post', '/v1/workflows/{name}/runs', { path: { name: 'broken' }, body: {}, headers });
    await ask('post', '/v1/workflows/{name}/runs:batch', { path: { name: 'broken' }, body: [{ key: 'a' }] });
    await ask('post', '/v1/workflows/{name}/runs', { path: { name: 'broken' }, body: { inputs: 1 } });
    const batch = await ask('post', '/v1/workflows/{name}/runs:batch', { path: { name: 'broken' }, body: [{}, { inputs: 1 }] });
    expect(batch.json.results).toHaveLength(2);
  });

  test('of events and webhooks', async () => {
    const event = { specversion: '1.0', id: 'e1', source: 's', type: 'order.placed', data: { a: 1 } };
    const headers = { 'content-type': 'application/cloudevents+json' };
    const sent = await ask('post', '/v1/events', { body: JSON.stringify(event), headers });
    expect(sent.json.results).toMatchObject([{ outcome: 'accepted', runs: [{ workflow: 'shop' }] }]);
    await ask('post', '/v1/events', { body: JSON.stringify({ ...event, id: 'e2', type: 'nobody.asked' }), headers });
    for (const data of [event.data, { a: 2 }])
      await ask('post', '/v1/events', { body: JSON.stringify({ ...event, data }), headers });
    for (const outcome of ['duplicate', 'conflict'])
      expect((await ask('get', '/v1/events', { query: `?outcome=${outcome}` })).json.items).toMatchObject([
        { id: 'e1', outcome },
      ]);
    expect((await ask('post', '/v1/events', { body: { a: 1 } })).status).toBe(422);
    expect((await ask('get', '/v1/events')).json.items.length).toBeGreaterThan(1);
    expect((await ask('post', '/v1/hooks/{hook}', { path: { hook: 'shop' }, body: { a: 1 } })).status).toBe(202);
  });

  test('of a run, its tasks, what people ask of it and are asked', async () => {
    const ready = (run: Document) =>
      statusOf(run, 'stuck') === 'parked' &&
      statusOf(run, 'said') === 'succeeded' &&
      statusOf(run, 'later') === 'retrying' &&
      statusOf(run, 'ask') === 'waiting';
    const id = await startOf('shop', ready);
    for (const path of ['/v1/runs', '/v1/runs/{id}/tasks', '/v1/runs/{id}/history'])
      expect((await ask('get', path, { path: { id } })).json.items.length).toBeGreaterThan(0);
    for (const path of ['/v1/runs/{id}/tasks/{path}', '/v1/runs/{id}/tasks/{path}/attempts'])
      expect((await ask('get', path, { path: { id, path: 'later' } })).status).toBe(200);
    const log = '/v1/runs/{id}/tasks/{path}/attempts/{number}/log';
    await eventually(async () => (await ask('get', log, { path: { id, path: 'said', number: '1' } })).json?.items?.length === 1, {
      what: 'the log of an attempt',
    });
    for (const [path, number] of [
      ['said', '2'],
      ['said', 'x'],
      ['nope', '1'],
    ] as const)
      expect((await ask('get', log, { path: { id, path, number } })).status).toBe(404);
    await ask('get', '/v1/runs/{id}', { path: { id: 'nothing' } });
    expect((await ask('get', '/v1/stream', { query: `?run=${id}` })).status).toBe(200);
    expect((await ask('get', '/v1/stream', { query: '?run=00000000-0000-7000-8000-000000000000' })).status).toBe(404);
    await ask('get', '/v1/ledger', { query: `?key=key-1-${id}` });
    await ask('post', '/v1/runs/{id}/events', { path: { id }, body: { type: 'order.paid' } });
    await ask('post', '/v1/runs/{id}/tasks/{path}/retry-now', { path: { id, path: 'later' } });
    await ask('post', '/v1/runs/{id}/tasks/{path}/resolve', { path: { id, path: 'stuck' }, body: { outcome: 'succeeded' } });
    await ask('post', '/v1/runs/{id}/tasks/{path}/resolve', { path: { id, path: 'stuck' }, body: { outcome: 'well' } });
    // Of `said`: `stuck`, which has a key, may have succeeded by now too.
    await reprise.database.query(
      `insert into reprise.effect (run_id, node, at, name, state, key, policy, fence, claim, attempt)
       select run_id, node, at, 'charge', 'in_doubt', 'k', 'park', fence, gen_random_uuid(), attempt
       from reprise.task where run_id = $1 and status = 'succeeded' and idempotency_key is null`,
      [id],
    );
    const effects = [{ name: 'charge', happened: false }];
    const settled = await ask('post', '/v1/runs/{id}/tasks/{path}/settle', { path: { id, path: 'said' }, body: { effects } });
    expect(settled.json).toMatchObject({ task: 'said', status: 'succeeded' });
    await ask('post', '/v1/runs/{id}/tasks/{path}/settle', { path: { id, path: 'said' }, body: { effects } });
    const [approval] = (await ask('get', '/v1/approvals', { query: `?run=${id}` })).json.items;
    await ask('get', '/v1/approvals/{id}', { path: { id: approval.id } });
    const body = { decision: 'approved', form: {}, comment: 'yes' };
    expect((await ask('post', '/v1/approvals/{id}', { path: { id: approval.id }, body })).json.answers).toHaveLength(1);
    // Carried out by now or, on a machine that is slow today, soon: the next one is for the state that this one leads to.
    for (const [verb, status] of [
      ['pause', 'paused'],
      ['resume', 'running'],
      ['cancel', 'cancelled'],
    ] as const) {
      expect((await ask('post', `/v1/runs/{id}/${verb}`, { path: { id } })).status).toBeLessThan(300);
      await becomes(id, status);
    }
    for (const verb of ['pause', 'resume', 'cancel', 'rerun', 'retry'])
      expect((await ask('post', `/v1/runs/{id}/${verb}`, { path: { id } })).status).toBeLessThan(500);
    const failed = await startOf('broken', (run) => run.status === 'failed');
    expect((await ask('post', '/v1/runs/{id}/retry', { path: { id: failed } })).status).toBe(202);
    const headers = { 'idempotency-key': 'again' };
    expect((await ask('post', '/v1/runs/{id}/rerun', { path: { id: failed }, headers })).status).toBe(202);
    expect((await ask('post', '/v1/runs/{id}/rerun', { path: { id: failed }, headers })).status).toBe(200);
  });

  test('of schedules', async () => {
    const path = { workflow: 'shop', schedule: 'nightly' };
    const one = '/v1/schedules/{workflow}/{schedule}';
    const poll = { workflow: 'shop', schedule: 'stock' };
    expect((await ask('post', `${one}/trigger`, { path: poll })).status).toBe(202);
    const probed = async () => (await ask('get', one, { path: poll })).json.last.length > 0;
    await eventually(probed, { what: 'the probe has ended' });
    expect((await ask('get', '/v1/schedules')).json.items).toHaveLength(2);
    await ask('post', '/v1/schedules/preview', { body: { every: '1h' } });
    await ask('post', `${one}/pause`, { path, body: { reason: 'inventory' } });
    await ask('get', one, { path });
    await ask('post', `${one}/resume`, { path });
    await ask('get', `${one}/preview`, { path });
    await ask('post', `${one}/trigger`, { path });
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' };
    await ask('post', `${one}/backfill`, { path, body: { ...range, dryRun: true } });
    const { json } = await ask('post', `${one}/backfill`, { path, body: range });
    await ask('get', `${one}/backfills`, { path });
    await ask('get', `${one}/backfills/{backfill}`, { path: { ...path, backfill: json.id } });
    await ask('post', `${one}/backfills/{backfill}/cancel`, { path: { ...path, backfill: json.id } });
    await ask('get', one, { path });
  });

  test('of operations', async () => {
    await reprise.broker.channel(async (channel) => {
      channel.publish(reprise.broker.names.events, 'order.placed', Buffer.from('not JSON'));
    });
    const letters = async () => (await ask('get', '/v1/dead-letters')).json.items;
    await eventually(async () => (await letters()).length > 0, { what: 'the dead letter' });
    const [letter] = await letters();
    expect((await ask('post', '/v1/dead-letters/{id}/redrive', { path: { id: letter.id } })).status).toBe(200);
    expect((await ask('post', '/v1/dead-letters/{id}/redrive', { path: { id: letter.id } })).status).toBe(409);
    await eventually(async () => (await letters()).length > 0, { what: 'it to fail again' });
    const [again] = await letters();
    expect(again).toMatchObject({ redriveOf: letter.id, redrives: 1 });
    const discarded = await ask('post', '/v1/dead-letters/{id}/discard', { path: { id: again.id }, body: { reason: 'no use' } });
    expect(discarded.status).toBe(200);
    await ask('post', '/v1/dead-letters/{id}/discard', { path: { id: 'nothing' } });
    await ask('get', '/v1/dead-letters', { query: '?state=discarded' });
    for (const path of ['/v1/queues', '/v1/executors']) expect((await ask('get', path)).json.items.length).toBeGreaterThan(0);
    expect((await ask('get', '/v1/doctor')).json.checked).toBeGreaterThan(30);
    const verbs = [
      ['pause', 200],
      ['pause', 409],
      ['resume', 200],
      ['resume', 409],
    ] as const;
    for (const [verb, status] of verbs)
      expect((await ask('post', `/v1/queues/{name}/${verb}`, { path: { name: 'nightly' } })).status).toBe(status);
    await ask('post', '/v1/queues/{name}/pause', { path: { name: 'default' }, body: { reason: 'maintenance' } });
    await ask('get', '/v1/queues');
    await ask('post', '/v1/queues/{name}/resume', { path: { name: 'default' } });
    expect((await ask('post', '/v1/queues/{name}/pause', { path: { name: 'a*' } })).status).toBe(422);
    const bank = { path: { name: 'bank' } };
    await ask('post', '/v1/dependencies/{name}/open', { ...bank, body: { reason: 'a night off' } });
    expect((await ask('get', '/v1/dependencies')).json.items).toMatchObject([{ name: 'bank', state: 'open', until: null }]);
    expect((await ask('post', '/v1/dependencies/{name}/open', bank)).status).toBe(409);
    expect((await ask('post', '/v1/dependencies/{name}/close', bank)).json).toMatchObject({ state: 'half-open' });
    expect((await ask('post', '/v1/dependencies/{name}/close', { path: { name: 'unheard-of' } })).status).toBe(409);
    expect((await ask('post', '/v1/dependencies/{name}/close', { path: { name: 'a*' } })).status).toBe(422);
    const body = { action: 'cancel', filter: { workflow: 'shop' }, reason: 'the end' };
    await ask('post', '/v1/batches', { body: { ...body, dryRun: true } });
    await ask('post', '/v1/batches', { body: { ...body, filter: {} } });
    // More than it has come to, at one a second, before it is cancelled on a slow machine as well.
    for (let more = 0; more < 20; more += 1) await ask('post', '/v1/workflows/{name}/runs', { path: { name: 'shop' }, body: {} });
    const { json } = await ask('post', '/v1/batches', { body: { ...body, rate: 1 } });
    expect((await ask('post', '/v1/batches/{id}/cancel', { path: { id: json.id } })).status).toBeLessThan(300);
    await ask('get', '/v1/batches');
    await ask('get', '/v1/batches/{id}', { path: { id: json.id } });
    const simulation = { workflow: 'shop', policy: { maximumAttempts: 9, jitter: 'none' } };
    const simulated = await ask('post', '/v1/simulations/retry', { body: simulation });
    expect(simulated.json).toMatchObject({ truncated: false, codes: [{ failures: expect.any(Number) }] });
    await ask('post', '/v1/simulations/retry', { body: { ...simulation, policy: 'maximumAttempts: -1' } });
    await ask('post', '/v1/simulations/retry', { body: { ...simulation, workflow: 'nobodys' } });
    const pages = [
      '/',
      '/console.css',
      ...['console', 'elements', 'runs-page', 'run-page', 'session'].map((name) => `/${name}.js`),
    ];
    for (const path of ['/healthz', '/readyz', '/metrics', '/asyncapi.yaml', ...pages])
      expect((await ask('get', path)).status).toBe(200);
    expect((await ask('delete', '/v1/workflows/{name}', { path: { name: 'shop' } })).status).toBe(204);
  });

  test('all of them, and each route was asked with success', () => {
    expect(exchanges.flatMap((exchange) => undocumented(openapi, exchange))).toEqual([]);
    const unseen = ROUTES.filter(
      ({ method, path }) =>
        !exchanges.some((each) => each.method === method.toUpperCase() && each.path === path && each.status < 300),
    );
    expect(unseen.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});
