import { afterAll, expect, test } from '@jest/globals';
import type { BatchView, Page, RunSummary } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';
import type { Started } from './request-to.js';

const reprise = await Installation.running();
afterAll(() => reprise.end());

const callsOf = (run: string) => reprise.recorder.of(run).map(({ task }) => task);

test('a run begun again from a task reads what came before, and calls none of it', async () => {
  await reprise.register({
    workflow: 'middle',
    tasks: {
      read: { call: 'echo', with: { n: '${{ input.n }}' } },
      pages: { forEach: [1, 2], call: 'record', with: { page: '${{ each.value }}' } },
      write: { needs: ['read', 'pages'], call: 'record', with: { n: '${{ tasks.read.output.n }}' } },
      sum: {
        needs: ['write'],
        transform: { n: '${{ tasks.read.output.n }}', pages: '${{ size(tasks.pages.items) }}' },
      },
    },
    output: '${{ tasks.sum.output }}',
  });
  const first = await reprise.run('middle', { n: 7 });
  expect(first).toMatchObject({ status: 'succeeded', output: { n: 7, pages: 2 } });
  const { status, body } = await reprise.request<Started>('POST', `/v1/runs/${first.id}/rerun`, { from: 'write' });
  expect(status).toBe(202);
  const second = await reprise.ended(body.id);
  expect(second).toMatchObject({ status: 'succeeded', rerunOf: first.id, trigger: 'rerun', output: { n: 7, pages: 2 } });
  expect(callsOf(second.id)).toEqual(['write']);
  expect(second.tasks.find(({ path }) => path === 'pages[1]')).toMatchObject({
    status: 'succeeded',
    attempts: [],
    why: { reason: 'reused', run: first.id },
  });
});

test('a run is refused again with what to do instead', async () => {
  await reprise.register({ workflow: 'slow', tasks: { nap: { sleep: '1h' }, last: { needs: ['nap'], transform: 1 } } });
  const id = await reprise.startRun('slow');
  const rerun = (body?: unknown, run = id) => reprise.request('POST', `/v1/runs/${run}/rerun`, body);
  expect(await rerun()).toMatchObject({ status: 409, body: { code: 'wrong_state', hint: expect.stringContaining('/cancel') } });
  expect(await rerun({}, 'nobody')).toMatchObject({ status: 404, body: { code: 'run_not_found' } });
  expect(await rerun({ form: 'nap' })).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'form', message: expect.stringContaining('did you mean "from"?') }] },
  });
  await reprise.request('POST', `/v1/runs/${id}/cancel`);
  await reprise.ended(id);
  expect(await rerun({ from: 'las' })).toMatchObject({
    status: 422,
    body: { code: 'unknown_task', detail: expect.stringContaining('did you mean "last"?') },
  });
  expect(await rerun({ version: '9.9.9' })).toMatchObject({ status: 404 });
});

test('a batch cancels the runs that were there, and another one begins them again', async () => {
  await reprise.register({ workflow: 'crowd', tasks: { nap: { sleep: '1h' } } });
  const runs: string[] = [];
  for (let count = 0; count < 4; count += 1) runs.push(await reprise.startRun('crowd'));
  const ask = (body: unknown) => reprise.request<BatchView>('POST', '/v1/batches', body);
  const filter = { workflow: 'crowd' };
  expect(await ask({ action: 'cancel' })).toMatchObject({ status: 422, body: { code: 'invalid_batch' } });
  expect(await ask({ action: 'cancel', filter, dryRun: true })).toMatchObject({ status: 200, body: { count: 4 } });
  const over = (id: string) =>
    eventually(
      async () => {
        const { body } = await reprise.request<BatchView>('GET', `/v1/batches/${id}`);
        return body.state === 'done' ? body : false;
      },
      { what: 'the batch to come to its end' },
    );
  const cancel = await ask({ action: 'cancel', filter });
  expect(cancel).toMatchObject({ status: 202, body: { count: 4 } });
  expect(await over(cancel.body.id)).toMatchObject({ done: 4, left: 0 });
  for (const run of runs) expect(await reprise.ended(run)).toMatchObject({ status: 'cancelled' });
  const again = await ask({ action: 'rerun', filter });
  expect(await over(again.body.id)).toMatchObject({ done: 4, failed: { count: 0 } });
  const { body } = await reprise.request<Page<RunSummary>>('GET', '/v1/runs?workflow=crowd&status=running');
  expect(body.items).toHaveLength(4);
  expect(await reprise.request('POST', `/v1/batches/${again.body.id}/cancel`)).toMatchObject({ status: 409 });
});
