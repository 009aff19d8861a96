import { afterAll, expect, test } from '@jest/globals';
import type { EventView, Page } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { blocksOf, pages } from '../docs/pages.js';
import { Installation } from './installation.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

// The document that the page about it begins with.
const [shown] = pages()
  .filter(({ path }) => path === 'docs/waiting-and-events.md')
  .flatMap(blocksOf);
await reprise.register(shown?.text ?? '');
await reprise.register({
  workflow: 'archive',
  on: [{ event: 'order.shipped', key: '${{ event.data.order }}' }],
  tasks: [{ id: 'keep', transform: '${{ input }}' }],
  output: { data: '${{ tasks.keep.output }}' },
});
await reprise.register({
  workflow: 'echo',
  on: [{ event: 'echo.again', input: '${{ event.data }}' }],
  tasks: [{ id: 'again', emit: { type: 'echo.again', data: { n: '${{ input.n + 1 }}' } } }],
});

let last = 0;
const publish = async (type: string, data: unknown) => {
  last += 1;
  const id = `e-${last}`;
  return { id, result: await reprise.send({ type, source: 'shop', id, data }) };
};
const archived = async (order: string) => {
  const [row] = await reprise.orTell(
    eventually(
      async () => {
        const rows = await reprise.database.query<{ id: string }>(
          `select id from reprise.run where workflow = 'archive' and key = $1`,
          [order],
        );
        return rows.length > 0 && rows;
      },
      { what: `a run of archive for ${order}` },
    ),
  );
  return reprise.ended(row?.id ?? '');
};

test('a run waits for its event, goes on with it, and emits one that starts another run', async () => {
  const run = await reprise.startRun('payment', { order: 'o-1', total: 5 });
  expect(await reprise.taskIs(run, 'paid', ['waiting'])).toMatchObject({ kind: 'wait', status: 'waiting' });
  expect((await publish('order.paid', { order: 'o-2', total: 9 })).result).toMatchObject({ outcome: 'unmatched' });
  expect((await publish('order.paid', { order: 'o-1', total: 4 })).result).toMatchObject({ outcome: 'accepted', woken: 1 });
  const paid = await publish('order.paid', { order: 'o-1', total: 6 });
  const ended = await reprise.ended(run);
  const emitted = { id: `${run}/tell`, source: 'reprise/payment', type: 'order.shipped', subject: 'o-1' };
  expect(ended).toMatchObject({ status: 'succeeded', output: emitted });
  expect(ended.tasks[0]).toMatchObject({ path: 'paid', output: { id: paid.id, type: 'order.paid', data: { total: 6 } } });
  expect(await archived('o-1')).toMatchObject({ status: 'succeeded', output: { data: { order: 'o-1', paid: 6 } } });
  const events = await reprise.request<Page<EventView>>('GET', '/v1/events?type=order.paid');
  expect(events.body.items.find(({ id }) => id === paid.id)).toMatchObject({ outcome: 'accepted', woken: 1 });
});

test('an event that comes before its run begins to wait is not lost', async () => {
  await reprise.register({
    workflow: 'early',
    tasks: [
      { id: 'work', call: 'record', with: { step: 'work', ms: 1_500 } },
      { id: 'heard', waitFor: { event: 'early.bird', match: 'event.subject', key: 'run.id', timeout: '30s' } },
    ],
  });
  const run = await reprise.startRun('early');
  const event = { specversion: '1.0', type: 'early.bird', source: 'shop', id: `early-${run}`, subject: run, data: null };
  await reprise.request('POST', '/v1/events', event, { 'content-type': 'application/cloudevents+json' });
  expect(await reprise.ended(run)).toMatchObject({ status: 'succeeded' });
});

test('an event can be sent to one run alone, whatever its wait matches by; not to one that has ended', async () => {
  const run = await reprise.startRun('payment', { order: 'o-3', total: 5 });
  await reprise.taskIs(run, 'paid', ['waiting']);
  const event = { type: 'order.paid', id: 'by-hand', data: { total: 100 } };
  const bad = await reprise.request('POST', `/v1/runs/${run}/events`, { tpye: 'order.paid', type: 'a b', id: 7 });
  expect(bad).toMatchObject({
    status: 422,
    body: { code: 'invalid_event', errors: [{ path: 'tpye' }, { path: 'type' }, { path: 'id' }] },
  });
  const other = await reprise.request('POST', `/v1/runs/${run}/events`, { type: 'order.lost' });
  expect(other).toMatchObject({ status: 202, body: { outcome: 'accepted', woken: 0 } });
  const sent = await reprise.request('POST', `/v1/runs/${run}/events`, event);
  expect(sent).toMatchObject({ status: 202, body: { id: 'by-hand', outcome: 'accepted', woken: 1 } });
  const ended = await reprise.ended(run);
  expect(ended.tasks[0]).toMatchObject({ output: { id: 'by-hand', source: 'api', subject: null, data: { total: 100 } } });
  const late = await reprise.request('POST', `/v1/runs/${run}/events`, event);
  expect(late).toMatchObject({ status: 409, body: { code: 'run_ended' } });
  const nobody = await reprise.request('POST', '/v1/runs/00000000-0000-7000-8000-000000000000/events', event);
  expect(nobody).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
  expect((await publish('order.paid', { order: 'o-3', total: 9 })).result).toMatchObject({ outcome: 'unmatched' });
});

test('a wait in vain fails with TIMEOUT and says what it waited for', async () => {
  await reprise.register({
    workflow: 'vain',
    tasks: [{ id: 'a', waitFor: { event: 'never.comes', timeout: '${{ input.patience }}' } }],
  });
  const run = await reprise.run('vain', { patience: '300ms' });
  expect(run).toMatchObject({
    status: 'failed',
    error: {
      code: 'TIMEOUT',
      task: 'a',
      details: { kind: 'wait' },
      message: expect.stringContaining('no event of type never.comes'),
    },
  });
});

test('a workflow that starts itself by events stops after 16 of them, and says why', async () => {
  await publish('echo.again', { n: 0 });
  const [stopped] = await reprise.orTell(
    eventually(
      async () => {
        const events = await reprise.request<Page<EventView>>('GET', '/v1/events?type=echo.again&outcome=rejected');
        return events.body.items.length > 0 && events.body.items;
      },
      { what: 'an event with too many hops' },
    ),
  );
  expect(stopped?.results).toMatchObject([{ reason: expect.stringContaining('17 emitted events led to this one') }]);
  const [{ runs } = { runs: 0 }] = await reprise.database.query<{ runs: number }>(
    `select count(*)::int as runs from reprise.run where workflow = 'echo'`,
  );
  expect(runs).toBe(17);
});
