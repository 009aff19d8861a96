import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeInbox, shardOf } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { MonitorUnderTest } from '../../test/monitor-under-test.js';

const monitor = new MonitorUnderTest();
const { http, start } = monitor;
beforeAll(monitor.begin);
afterAll(monitor.end);

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
    expect(await monitor.db.query('select kind, payload from reprise.command where run_id = $1', [id])).toEqual([
      { kind: 'cancel', payload: { reason: 'changed our mind' } },
    ]);
    const inbox = monitor.broker.names.inboxQueue(shardOf(id));
    const looks = await eventually(
      async () => {
        const items = (await monitor.broker.take(inbox)).flatMap((body) => {
          const decoded = decodeInbox(body);
          return decoded.kind === 'ok' ? decoded.value : [];
        });
        return items.find((item) => item.run === id) ?? false;
      },
      { what: 'a look at the run' },
    );
    expect(looks).toEqual({ kind: 'look', run: id, version: monitor.version });
    await monitor.db.query(`update reprise.run set status = 'succeeded', ended_at = now() where id = $1`, [id]);
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
    await monitor.db.query(`update reprise.run set status = 'failed', ended_at = now() ${more} where id = $1`, [id]);
    return id;
  };

  test('is a row first; while no scheduler has come to it the answer says so', async () => {
    const id = await failed();
    expect(await retry(id)).toMatchObject({ status: 202, json: { id, status: 'failed', applied: false } });
    expect(await monitor.db.query('select kind, payload from reprise.command where run_id = $1', [id])).toEqual([
      { kind: 'retry-run', payload: {} },
    ]);
  });

  test.each([
    [`status = 'running', ended_at = null`, 'this one is running', 'wait until it has ended'],
    [`status = 'succeeded'`, 'this one is succeeded', 'start a new run'],
    [`progress = '{"phase":null,"compensated":true,"reopened":0}'`, 'has been undone', 'start a new run'],
  ])('of a run that is %s is refused with what to do instead, and leaves no row', async (state, detail, hint) => {
    const id = await start();
    await monitor.db.query(`update reprise.run set status = 'failed', ended_at = now() where id = $1`, [id]);
    await monitor.db.query(`update reprise.run set ${state} where id = $1`, [id]);
    const { status, json } = await retry(id);
    expect([status, json]).toMatchObject([
      409,
      { code: 'not_retryable', detail: expect.stringContaining(detail), hint: expect.stringContaining(hint) },
    ]);
    expect(await monitor.db.query('select from reprise.command where run_id = $1', [id])).toEqual([]);
  });

  test('of a child run is refused once the task that awaited it has seen its failure', async () => {
    const parent = await start();
    const origin = JSON.stringify({ parent: { run: parent, version: monitor.version, node: 0, at: '', fence: 1 } });
    const id = await failed(`, parent_id = '${parent}', origin = '${origin}'`);
    const becomes = (set: string) => monitor.db.query(`update reprise.task set ${set} where run_id = $1 and node = 0`, [parent]);
    await becomes(`status = 'failed', fence = 1, ended_at = now()`);
    expect(await retry(id)).toMatchObject({ status: 409, json: { hint: `retry run ${parent}: it starts this one anew` } });
    await becomes(`status = 'waiting', ended_at = null`);
    expect(await retry(id)).toMatchObject({ status: 202 });
  });

  test('of nothing is not found', async () => {
    expect(await retry('00000000-0000-7000-8000-000000000000')).toMatchObject({ status: 404 });
  });
});
