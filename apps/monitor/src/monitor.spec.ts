import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeInbox, shardOf } from '@reprise/contracts';
import { parseDocument, type RunId, runId, startRun, toJsonText, type VersionId, versionId } from '@reprise/core';
import { MemberStore, StartStore, WorkflowStore } from '@reprise/ledger';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger, systemClock } from '@reprise/service';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { startMonitor } from './monitor.module.js';

const DOCUMENT = 'workflow: ship\ndescription: Ships it.\ntasks:\n  pack: { call: shop.pack, idempotencyKey: "${{ run.id }}" }\n';
const parsed = parseDocument(DOCUMENT);
if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
const { workflow, document } = parsed;

let db: TestDatabase;
const broker = new TestBroker();
let monitor: RunningService;
let trigger: Server | null = null;
let triggerPort = 1;
let version: VersionId;
const asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];

async function start(): Promise<RunId> {
  const id = runId(systemClock.uuidv7());
  const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
  const { run, tasks, attempts } = startRun(
    workflow,
    { id, input: toJsonText({ a: 1 }), labels: {} },
    { now: Date.now(), units: [], limits },
  );
  await new StartStore(db.database).insertRuns([{ run, version, workflow: 'ship', trigger: 'api', key: null, tasks, attempts }]);
  return id;
}

async function http(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${monitor.url}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: text === '' ? null : safeJson(text) };
}

function safeJson(text: string): Record<string, never> & { items: Record<string, unknown>[] } {
  try {
    return JSON.parse(text);
  } catch {
    return { items: [] } as never;
  }
}

/** A field of each item, page by page. */
async function pagesOf(path: string, field: string): Promise<readonly (readonly unknown[])[]> {
  const pages: (readonly unknown[])[] = [];
  for (let cursor = ''; pages.length < 20; ) {
    const { status, json } = await http('GET', `${path}${cursor}`);
    expect(status).toBe(200);
    pages.push(json?.items.map((item) => item[field]) ?? []);
    if (json?.['next'] === null) return pages;
    cursor = `&cursor=${json?.['next']}`;
  }
  throw new Error(`${path} has no end`);
}

beforeAll(async () => {
  db = await TestDatabase.create();
  version = versionId(systemClock.uuidv7());
  await new WorkflowStore(db.database).register(version, 'ship', null, document);
  const settings = readSettings(
    {
      DATABASE_URL: db.url,
      AMQP_URL: broker.url,
      REPRISE_PREFIX: broker.prefix,
      REPRISE_QUEUE_TYPE: 'classic',
      REPRISE_PORT: '0',
      REPRISE_LEASE: '300ms',
      REPRISE_DATABASE_POOL: '4',
    },
    'monitor',
  );
  const metrics = new Metrics({ service: 'monitor', nodeDefaults: false });
  const context = createServiceContext('monitor', settings, { logger: silentLogger, metrics });
  monitor = await startMonitor(context, { triggerUrl: () => `http://127.0.0.1:${triggerPort}`, supervised: false });
});
afterAll(async () => {
  trigger?.close();
  const report = await monitor.close();
  expect(report.clean).toBe(true);
  await broker.end();
  await db.end();
});

async function startTrigger(): Promise<void> {
  if (trigger !== null) return;
  trigger = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      response.writeHead(422, { 'content-type': 'application/problem+json', 'retry-after': '7', 'x-inner': 'no' });
      response.end('{"code":"invalid_input"}');
    });
  });
  trigger.listen(0, '127.0.0.1');
  await once(trigger, 'listening');
  triggerPort = (trigger.address() as AddressInfo).port;
}

describe('runs over HTTP', () => {
  test('are listed, shown with tasks and history, and their tasks by path', async () => {
    const id = await start();
    const list = await http('GET', '/v1/runs?status=running&workflow=ship&limit=1');
    expect(list).toMatchObject({ status: 200, json: { items: [{ id, workflow: 'ship', status: 'running' }] } });
    expect(await http('GET', `/v1/runs/${id}`)).toMatchObject({
      status: 200,
      json: { id, input: { a: 1 }, tasks: [{ path: 'pack', status: 'ready' }], tasksNext: null },
    });
    expect((await http('GET', `/v1/runs/${id}?tasks=0`)).json).toMatchObject({ id, tasks: [], tasksNext: null });
    expect(await http('GET', `/v1/runs/${id}/history`)).toMatchObject({
      json: { items: [{ kind: 'run.started' }, { kind: 'attempt.queued', task: 'pack' }] },
    });
    expect(await http('GET', `/v1/runs/${id}/tasks/pack`)).toMatchObject({ status: 200, json: { path: 'pack', input: {} } });
    expect(await http('GET', `/v1/runs/${id}/tasks/pack/attempts`)).toMatchObject({
      json: { items: [{ number: 1, status: 'queued' }] },
    });
    expect(await http('GET', `/v1/runs/${id}/tasks?limit=1`)).toMatchObject({ json: { items: [{ path: 'pack' }], next: null } });
  });

  test.each([
    ['/v1/runs/not-an-id', 404, 'run_not_found'],
    ['/v1/runs/00000000-0000-7000-8000-000000000000', 404, 'run_not_found'],
    ['/v1/runs/00000000-0000-7000-8000-000000000000/history', 404, 'not_found'],
    ['/v1/runs?status=runing', 400, 'invalid_query'],
    ['/v1/runs?limit=501', 400, 'invalid_query'],
    ['/v1/runs?limit=2&limit=3', 400, 'invalid_query'],
    ['/v1/runs?since=yesterday', 400, 'invalid_query'],
    ['/v1/runs?workfow=ship', 400, 'invalid_query'],
    ['/v1/runs?cursor=%00', 400, 'invalid_url'],
    ['/v1/runs?cursor=abc', 400, 'invalid_cursor'],
    ['/v1/workflows/nope', 404, 'workflow_not_found'],
    ['/v1/workflows/nope/versions', 404, 'workflow_not_found'],
    ['/v1/workflows/nope/versions?cursor=bnwz', 404, 'workflow_not_found'],
    [`/v1/workflows/ship/versions?cursor=${Buffer.from('n|9999999999').toString('base64url')}`, 400, 'invalid_cursor'],
    ['/v1/ledger', 400, 'invalid_query'],
    ...[
      '/v1/workflows',
      '/v1/workflows/ship/versions',
      '/v1/queues',
      '/v1/executors',
      '/v1/dependencies',
      '/v1/ledger?key=k',
    ].flatMap((path) => {
      const rest = path.includes('?') ? '&' : '?';
      return [
        [`${path}${rest}limit=501`, 400, 'invalid_query'] as const,
        [`${path}${rest}limits=1`, 400, 'invalid_query'] as const,
        [`${path}${rest}cursor=abc`, 400, 'invalid_cursor'] as const,
      ];
    }),
    ['/v1/events?outcome=accept', 400, 'invalid_query'],
    ['/v1/approvals/nothing', 404, 'approval_not_found'],
    ['/v1/schedules/x/preview', 503, 'trigger_unreachable'],
    ['/v1/stream?run=x', 400, 'invalid_query'],
    ['/v1/stream?status=nope', 400, 'invalid_query'],
    ['/v1/nothing', 404, 'not_found'],
  ])('GET %s → %i %s', async (path, status, code) => {
    expect(await http('GET', path)).toMatchObject({ status, json: { code, status } });
  });

  test('a misspelt status is answered with the one that was meant', async () => {
    expect((await http('GET', '/v1/runs?status=runing')).text).toContain('did you mean running?');
  });

  test('cancel is a row first, then a message to the run’s shard; an ended run answers 409', async () => {
    const id = await start();
    const answer = await http('POST', `/v1/runs/${id}/cancel`, { reason: 'changed our mind' });
    expect(answer).toMatchObject({ status: 202, json: { id, cancelling: true } });
    expect(await db.query('select kind, payload from reprise.command where run_id = $1', [id])).toEqual([
      { kind: 'cancel', payload: { reason: 'changed our mind' } },
    ]);
    const inbox = broker.names.inboxQueue(shardOf(id));
    const looks = await eventually(
      async () => {
        const items = (await broker.take(inbox)).flatMap((body) => {
          const decoded = decodeInbox(body);
          return decoded.kind === 'ok' ? decoded.value : [];
        });
        return items.find((item) => item.run === id) ?? false;
      },
      { what: 'a look at the run' },
    );
    expect(looks).toEqual({ kind: 'look', run: id, version });
    await db.query(`update reprise.run set status = 'succeeded', ended_at = now() where id = $1`, [id]);
    expect(await http('POST', `/v1/runs/${id}/cancel`)).toMatchObject({ status: 409, json: { code: 'run_ended' } });
    expect(await http('POST', `/v1/runs/${id}/cancel`, { reason: 7 })).toMatchObject({ status: 422 });
    expect(await http('POST', '/v1/runs/00000000-0000-7000-8000-000000000000/cancel')).toMatchObject({ status: 404 });
    expect(await http('POST', `/v1/runs/${id}/pause`)).toMatchObject({
      status: 409,
      json: { code: 'wrong_state', detail: 'The run is succeeded.', hint: expect.any(String) },
    });
  });
});

describe('retry', () => {
  const retry = (id: string) => http('POST', `/v1/runs/${id}/retry`);
  const failed = async (more = '') => {
    const id = await start();
    await db.query(`update reprise.run set status = 'failed', ended_at = now() ${more} where id = $1`, [id]);
    return id;
  };

  test('is a row first; while no scheduler has come to it the answer says so', async () => {
    const id = await failed();
    expect(await retry(id)).toMatchObject({ status: 202, json: { id, status: 'failed', applied: false } });
    expect(await db.query('select kind, payload from reprise.command where run_id = $1', [id])).toEqual([
      { kind: 'retry-run', payload: {} },
    ]);
  });

  test.each([
    [`status = 'running', ended_at = null`, 'this one is running', 'wait until it has ended'],
    [`status = 'succeeded'`, 'this one is succeeded', 'start a new run'],
    [`progress = '{"phase":null,"compensated":true,"reopened":0}'`, 'has been undone', 'start a new run'],
  ])('of a run that is %s is refused with what to do instead, and leaves no row', async (state, detail, hint) => {
    const id = await start();
    await db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [id]);
    await db.query(`update reprise.run set ${state} where id = $1`, [id]);
    const { status, json } = await retry(id);
    expect([status, json]).toMatchObject([
      409,
      { code: 'not_retryable', detail: expect.stringContaining(detail), hint: expect.stringContaining(hint) },
    ]);
    expect(await db.query('select from reprise.command where run_id = $1', [id])).toEqual([]);
  });

  test('of a child run is refused once the task that awaited it has seen its failure', async () => {
    const parent = await start();
    const origin = JSON.stringify({ parent: { run: parent, version, node: 0, at: '', fence: 1 } });
    const id = await failed(`, parent_id = '${parent}', origin = '${origin}'`);
    const becomes = (set: string) => db.query(`update reprise.task set ${set} where run_id = $1 and node = 0`, [parent]);
    await becomes(`status = 'failed', fence = 1, ended_at = now()`);
    expect(await retry(id)).toMatchObject({ status: 409, json: { hint: `retry run ${parent}: it starts this one anew` } });
    await becomes(`status = 'waiting', ended_at = null`);
    expect(await retry(id)).toMatchObject({ status: 202 });
  });

  test('of nothing is not found', async () => {
    expect(await retry('00000000-0000-7000-8000-000000000000')).toMatchObject({ status: 404 });
  });
});

describe('what starts runs', () => {
  test('is answered 503 with Retry-After while the trigger cannot be reached', async () => {
    expect(trigger).toBeNull();
    const answer = await http('POST', '/v1/workflows/ship/runs', { input: {} });
    expect([answer.status, answer.json?.['code'], answer.headers.get('retry-after')]).toEqual([503, 'trigger_unreachable', '2']);
  });

  test.each(['/v1/workflows/ship/runs?wait=30s', '/v1/workflows/ship/runs:batch', '/v1/events', '/v1/hooks/a/b'])(
    'POST %s goes to the trigger as it came, and its answer comes back as it was',
    async (path) => {
      await startTrigger();
      const headers = {
        authorization: 'Bearer abc',
        'idempotency-key': 'k1',
        traceparent: `00-${'ab'.repeat(16)}-00f067aa0ba902b7-01`,
        'ce-id': '9',
      };
      const answer = await http('POST', path, '{"input" : 1.0}', headers);
      expect([answer.status, answer.text, answer.headers.get('retry-after'), answer.headers.get('x-inner')]).toEqual([
        422,
        '{"code":"invalid_input"}',
        '7',
        null,
      ]);
      expect(asked.at(-1)).toMatchObject({
        method: 'POST',
        url: path,
        body: '{"input" : 1.0}',
        headers: { ...headers, 'content-type': 'application/json' },
      });
    },
  );

  test('registering passes YAML on byte by byte', async () => {
    await startTrigger();
    await http('POST', '/v1/workflows', DOCUMENT, { 'content-type': 'application/yaml' });
    expect(asked.at(-1)).toMatchObject({ url: '/v1/workflows', body: DOCUMENT, headers: { 'content-type': 'application/yaml' } });
  });
});

describe('the rest of the front door', () => {
  test('workflows are listed, shown, and archived', async () => {
    const id = versionId(systemClock.uuidv7());
    await new WorkflowStore(db.database).register(id, 'old', '1.0.0', {
      workflow: 'old',
      version: '1.0.0',
      tasks: { a: { transform: 1 } },
    });
    expect(await http('GET', '/v1/workflows')).toMatchObject({
      json: { items: [{ workflow: 'old' }, { workflow: 'ship', description: 'Ships it.' }], next: null },
    });
    const first = await http('GET', '/v1/workflows?limit=1');
    expect((await http('GET', `/v1/workflows?limit=1&cursor=${first.json?.['next']}`)).json?.items).toMatchObject([
      { workflow: 'ship' },
    ]);
    expect(await http('GET', '/v1/workflows/old?version=1.0.0')).toMatchObject({
      json: { version: '1.0.0', archived: false, document: { workflow: 'old' } },
    });
    expect((await http('DELETE', '/v1/workflows/old')).status).toBe(204);
    expect(await http('GET', '/v1/workflows/old')).toMatchObject({ status: 200, json: { archived: true } });
    expect((await http('GET', '/v1/workflows')).json?.items).toHaveLength(1);
    expect((await http('DELETE', '/v1/workflows/nope')).status).toBe(404);
    expect((await http('GET', '/v1/schema/workflow.json')).json).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
    });
  });

  test('versions, queues, executors, dependencies and keys come in pages', async () => {
    const store = new WorkflowStore(db.database);
    for (const timeout of ['1s', '2s', '3s'])
      await store.register(versionId(systemClock.uuidv7()), 'paged', null, {
        workflow: 'paged',
        timeout,
        tasks: { a: { transform: 1 } },
      });
    await store.archive('paged');
    const members = new MemberStore(db.database);
    const ids = ['page-1', 'page-2', 'page-3'];
    for (const id of ids) await members.renew(id, 'executor', { queues: { [`${id}-queue`]: {} }, handlers: [] }, 60_000);
    for (const id of ids) expect((await http('POST', `/v1/dependencies/${id}/open`)).status).toBe(200);
    await db.query(
      `insert into reprise.idempotency (scope, name, key, fingerprint, run_id, state, expires_at)
       select 'call', unnest($1::text[]), 'paged', 'f', gen_random_uuid(), 'succeeded', now() + interval '1 day'`,
      [ids],
    );
    expect(await pagesOf('/v1/workflows/paged/versions?limit=2', 'versionNumber')).toEqual([[3, 2], [1]]);
    expect(await pagesOf('/v1/dependencies?limit=2', 'name')).toEqual([['page-1', 'page-2'], ['page-3']]);
    expect(await pagesOf('/v1/ledger?key=paged&limit=2', 'name')).toEqual([['page-1', 'page-2'], ['page-3']]);
    for (const [path, field, end] of [
      ['/v1/executors', 'id', ''],
      ['/v1/queues', 'name', '-queue'],
    ] as const) {
      const pages = await pagesOf(`${path}?limit=2`, field);
      expect(pages.every((page) => page.length <= 2)).toBe(true);
      expect(pages.flat()).toEqual((await http('GET', path)).json?.items.map((item) => item[field]));
      expect(pages.flat()).toEqual(expect.arrayContaining(ids.map((id) => `${id}${end}`)));
    }
    for (const id of ids) {
      await members.remove(id);
      await http('POST', `/v1/dependencies/${id}/close`);
    }
  });

  test('two versions of a workflow are compared', async () => {
    const store = new WorkflowStore(db.database);
    const register = (version: string | null, timeout: string) =>
      store.register(versionId(systemClock.uuidv7()), 'differs', version, {
        workflow: 'differs',
        timeout,
        tasks: { a: { transform: 1 } },
      });
    await register('1.0.0', '1s');
    await register(null, '2s');
    await register('3.0.0', '3s');
    const changed = (before: string, after: string) => [{ kind: 'changed', path: 'timeout', before, after }];
    const path = '/v1/workflows/differs/diff';
    expect((await http('GET', path)).json).toEqual({
      workflow: 'differs',
      from: '#2',
      to: '3.0.0',
      changes: changed('2s', '3s'),
    });
    expect((await http('GET', `${path}?from=1.0.0&to=2`)).json).toMatchObject({ to: '#2', changes: changed('1s', '2s') });
    expect((await http('GET', `${path}?to=1`)).json).toMatchObject({ from: '1.0.0', to: '1.0.0', changes: [] });
    expect((await http('GET', `${path}?from=9`)).json).toMatchObject({ status: 404, code: 'workflow_not_found' });
    await store.archive('differs');
  });

  test('queues and executors are those that live, with how much waits', async () => {
    const members = new MemberStore(db.database);
    await members.renew(
      'ex-1',
      'executor',
      {
        queues: { default: { readUntil: 5 }, slow: {}, 'slow.retry': {} },
        handlers: ['shop.pack'],
        concurrency: 7,
        busy: 3,
        version: '1.2.3',
      },
      60_000,
    );
    await members.renew('ex-2', 'executor', { queues: 'rubbish', handlers: [1] }, 60_000);
    const executors = await http('GET', '/v1/executors');
    expect(executors.json?.items).toMatchObject([
      { id: 'ex-1', queues: ['default', 'slow'], handlers: ['shop.pack'], concurrency: 7, busy: 3, free: 4, version: '1.2.3' },
      { id: 'ex-2', queues: [], handlers: [], concurrency: null, busy: null, free: null, version: null },
    ]);
    expect((await http('GET', '/v1/queues')).json?.items).toMatchObject([
      { name: 'default', depth: null, executors: 1, oldestAgeSeconds: expect.any(Number) },
      {
        name: 'slow',
        executors: 1,
        lanes: [
          { lane: 'normal', depth: null, executors: 1 },
          { lane: 'retry', executors: 1 },
        ],
      },
    ]);
  });

  test('a message the broker has given up on is kept as a dead letter, with its reason', async () => {
    await broker.channel(async (channel) => {
      channel.publish(broker.names.dead, '', Buffer.from([0xff, 0x00]), {
        headers: { 'x-first-death-queue': 'q', 'x-first-death-reason': 'rejected' },
      });
    });
    const letters = await eventually(
      async () => {
        const { json } = await http('GET', '/v1/dead-letters');
        return json?.items.length === 1 ? json.items : false;
      },
      { what: 'a dead letter' },
    );
    expect(letters).toMatchObject([{ queue: 'q', reason: 'given up by the broker: rejected', body: { base64: '/wA=' } }]);
  });

  test('the page, its script and its style come from here and need nothing else', async () => {
    const page = await http('GET', '/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).not.toMatch(/https?:\/\/|<script>|style=|\son\w+=/);
    for (const [, path] of page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      const asset = await http('GET', path ?? '');
      expect([asset.status, asset.text.length > 100]).toEqual([200, true]);
    }
  });

  test('readiness names both dependencies; the leader shows the global gauges', async () => {
    const checks = { postgres: { ok: true }, rabbitmq: { ok: true } };
    await eventually(async () => expect(await http('GET', '/readyz')).toMatchObject({ status: 200, json: { checks } }), {
      what: 'both to have answered in time',
    });
    // Its lease is short: whoever is slow to renew it leads again a little later.
    await eventually(
      async () => {
        const { text } = await http('GET', '/metrics');
        expect(text).toMatch(/reprise_runs\{[^}]*status="running"[^}]*\} [1-9]/);
        expect(text).toMatch(/reprise_leader\{[^}]*role="monitor"[^}]*\} 1/);
        expect(text).toMatch(/reprise_queue_oldest_age_seconds\{[^}]*queue="default"/);
      },
      { what: 'the leader to show the gauges' },
    );
  });
});
