import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FiringView, Page, RunSummary, ScheduleView, WorkflowSummary } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { blocksOf, pages } from '../docs/pages.js';
import { Installation } from './installation.js';

/** The page's own example. */
const [shown] = pages()
  .filter(({ path }) => path === 'docs/polls.md')
  .flatMap(blocksOf);

/** A shop whose export is not there, then being made, then done; and the file that it is done with. */
let state: 'broken' | 'pending' | 'done' = 'broken';
let looks = 0;
const shop = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  if (request.url === '/file') return response.end('["o-1","o-2"]');
  looks += 1;
  if (request.headers.authorization !== 'Bearer open-sesame') response.statusCode = 401;
  else if (state === 'broken') response.statusCode = 503;
  return response.end(JSON.stringify({ status: state, id: 'export-7', file: `http://${request.headers.host}/file` }));
});

let reprise: Installation;
beforeAll(async () => {
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  reprise = await Installation.running({ env: { REPRISE_SECRET_SHOP: 'open-sesame' } });
  await reprise.startOne('trigger').ready();
});
afterAll(async () => {
  await reprise.end();
  shop.closeAllConnections();
  await new Promise((resolve) => shop.close(resolve));
});

const POLL = 'import-orders/export-ready';
const last = async (): Promise<readonly FiringView[]> =>
  (await reprise.request<ScheduleView>('GET', `/v1/schedules/${POLL}`)).body.last;
const listed = async (query: string) => (await reprise.request<Page<RunSummary>>('GET', `/v1/runs${query}`)).body.items;

/** Waits until a probe has ended so, and tells of all that have. */
const ended = (what: string, isSo: (probe: FiringView) => boolean) =>
  reprise.orTell(
    eventually(
      async () => {
        const probes = await last();
        return probes.some(isSo) && probes;
      },
      { what },
    ),
  );

test('the export on the page is looked at until it is done, and then loaded once', async () => {
  const { port } = shop.address() as AddressInfo;
  const document = (shown?.text ?? '')
    .replace('https://shop.example', `http://127.0.0.1:${port}`)
    .replace('every: 1m', 'every: 1s');
  await reprise.register(document);
  await ended('a probe fails', ({ reason }) => reason?.startsWith('the probe failed: http.503') === true);
  state = 'pending';
  await ended('a probe sees that it is not done', ({ reason }) => reason === "if: output.body.status == 'done' is false");
  expect(await listed('')).toEqual([]);
  state = 'done';
  const probes = await reprise.orTell(
    eventually(
      async () => {
        const met = (await last()).filter(({ run }) => run !== null);
        return met.length >= 3 && met;
      },
      { what: 'three probes see that it is done' },
    ),
  );
  await reprise.request('POST', `/v1/schedules/${POLL}/pause`, {});
  const runs = await listed('');
  expect(runs).toMatchObject([{ workflow: 'import-orders', trigger: 'poll' }]);
  const run = await reprise.ended(runs[0]?.id ?? '');
  expect(run).toMatchObject({ status: 'succeeded', output: { orders: ['o-1', 'o-2'] } });
  // Mostly the earliest of them; two triggers may judge them the other way round.
  const starter = probes.find(({ instant }) => instant === run.scheduledFor);
  expect(new Set(probes.map((probe) => probe.run))).toEqual(new Set([run.id]));
  const probe = await reprise.show(starter?.probe ?? '');
  expect(probe).toMatchObject({ workflow: 'import-orders.poll.export-ready', trigger: 'probe', scheduledFor: run.scheduledFor });
  expect(probe.tasks).toMatchObject([{ path: 'probe', call: 'http', status: 'succeeded' }]);
  expect(JSON.stringify(probe)).not.toContain('open-sesame');
});

test('each instant has had one probe, each with one call, and they are listed for those who name them', async () => {
  await reprise.orTell(
    eventually(async () => (await last()).every(({ reason }) => reason !== 'the probe has not ended'), {
      what: 'the last probe has ended',
    }),
  );
  const probes = await listed('?workflow=import-orders.poll.export-ready&limit=500');
  expect(probes.length).toBeGreaterThanOrEqual(5);
  expect(looks).toBe(probes.length);
  const instants = await reprise.database.query<{ instant: number }>(
    `select distinct (origin ->> 'scheduledFor')::float8 as instant from reprise.run where trigger = 'probe'`,
  );
  expect(instants).toHaveLength(probes.length);
});

test('nobody can start a probe, or repeat one, by its workflow’s name', async () => {
  const workflow = 'import-orders.poll.export-ready';
  expect((await reprise.request('POST', `/v1/workflows/${workflow}/runs`, { input: {} })).status).toBe(404);
  const [probe] = await listed(`?workflow=${workflow}`);
  expect((await reprise.request('POST', `/v1/runs/${probe?.id}/rerun`, {})).status).toBe(404);
  const all = (await reprise.request<Page<WorkflowSummary>>('GET', '/v1/workflows')).body.items;
  expect(all.map((each) => each.workflow)).toEqual(['import-orders']);
});
