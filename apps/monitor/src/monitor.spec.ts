import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { versionId } from '@reprise/core';
import { MemberStore, WorkflowStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import { eventually } from '@reprise/testing';
import { MonitorUnderTest } from '../test/monitor-under-test.js';

const monitor = new MonitorUnderTest();
const { http, pagesOf, start } = monitor;
beforeAll(async () => {
  await monitor.begin();
  await start();
});
afterAll(monitor.end);

describe('the rest of the front door', () => {
  test('workflows are listed, shown, and archived', async () => {
    const id = versionId(systemClock.uuidv7());
    await new WorkflowStore(monitor.db.database).register(id, 'old', '1.0.0', {
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
    const store = new WorkflowStore(monitor.db.database);
    for (const timeout of ['1s', '2s', '3s'])
      await store.register(versionId(systemClock.uuidv7()), 'paged', null, {
        workflow: 'paged',
        timeout,
        tasks: { a: { transform: 1 } },
      });
    await store.archive('paged');
    const members = new MemberStore(monitor.db.database);
    const ids = ['page-1', 'page-2', 'page-3'];
    for (const id of ids) await members.renew(id, 'executor', { queues: { [`${id}-queue`]: {} }, handlers: [] }, 60_000);
    for (const id of ids) expect((await http('POST', `/v1/dependencies/${id}/open`)).status).toBe(200);
    await monitor.db.query(
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
    const store = new WorkflowStore(monitor.db.database);
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
    const members = new MemberStore(monitor.db.database);
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
    await monitor.broker.channel(async (channel) => {
      channel.publish(monitor.broker.names.dead, '', Buffer.from([0xff, 0x00]), {
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
