import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually, TcpProxy } from '@reprise/testing';
import { Installation } from '../system/installation.js';
import { Bank } from './bank.js';
import { type Going, steadily } from './steadily.js';
import { SCRAPE_TOKEN, Watched } from './watched.js';

/** Longer than all waits of a test together. */
const SUITE_MS = 900_000;

let reprise: Installation;
let watched: Watched;
let bank: Bank;
let load: Going | null = null;

beforeAll(async () => {
  bank = await Bank.start();
  reprise = await Installation.running();
  await reprise.register({
    workflow: 'payments',
    tasks: [
      {
        id: 'pay',
        call: 'http',
        with: { url: `${bank.url}/payments`, method: 'POST' },
        retry: { maximumAttempts: 4, initialInterval: '100ms', maximumInterval: '500ms' },
      },
    ],
  });
  watched = await Watched.start(reprise);
}, SUITE_MS);
afterEach(async () => {
  await load?.stop();
  load = null;
});
afterAll(async () => {
  await watched?.end();
  await reprise?.end();
  await bank?.end();
});

/** What a machine that is short of time can be right about while all is well, where a minute is a second. */
const SLOW = /^Reprise(ReadyTooLong|InstanceDown|ServiceMissing|NoLeader|RetriesLate\w+|ReconcilerBusy)$/;
const pay = () => reprise.startRun('payments');
/** Says what the services and Prometheus said, when a wait was in vain. */
const orTell = <Value>(waiting: Promise<Value>) =>
  reprise.orTell(waiting.catch((error) => Promise.reject(new Error(`${error}\n${watched.tail()}`, { cause: error }))));

test('while all is well nobody is told anything', async () => {
  load = steadily(200, pay);
  const seen = 'min(count_over_time(up[20s])) >= 15 and sum(rate(reprise_runs_finished_total{status="succeeded"}[5s])) > 0';
  await orTell(
    eventually(async () => (await watched.query(seen)).length > 0, {
      what: 'it has been seen to run for 15 s',
      timeoutMs: 180_000,
    }),
  );
  const told = watched.webhook.received.map(({ labels }) => labels['alertname'] ?? '');
  expect([...(await watched.firing()), ...told].filter((name) => !SLOW.test(name))).toEqual([]);
});

test(
  'executors that are gone while work waits are told of, and that they are back',
  async () => {
    load = steadily(500, pay);
    await reprise.one('executor').stop();
    const told = await orTell(watched.webhook.told('firing', { alertname: 'RepriseExecutorsMissing', queue: 'default' }));
    // Before that a slow machine may have been told that attempts wait too long, and rightly.
    const before = watched.webhook.received.length;
    expect(told).toMatchObject({
      labels: { severity: 'critical', app: 'reprise' },
      annotations: {
        summary: 'No executor reads queue default',
        runbook_url: 'docs/operations/runbooks.md#repriseexecutorsmissing',
      },
    });
    await orTell(watched.webhook.told('firing', { alertname: 'RepriseServiceMissing', service: 'executor' }));
    // Another side of the same fact: Prometheus knows it, nobody is told.
    const waited = async () => (await watched.firing()).includes('RepriseReadyTooLong');
    await orTell(eventually(waited, { what: 'attempts have waited too long', timeoutMs: 180_000 }));
    const since = watched.webhook.received.slice(before).filter(({ status }) => status === 'firing');
    expect(since.map(({ labels }) => labels['alertname'])).not.toContain('RepriseReadyTooLong');
    await reprise.startOne('executor').ready();
    watched.retarget();
    await orTell(watched.webhook.told('resolved', { alertname: 'RepriseExecutorsMissing', queue: 'default' }));
    await orTell(watched.webhook.told('resolved', { alertname: 'RepriseServiceMissing', service: 'executor' }));
  },
  SUITE_MS,
);

test(
  'a dependency that fails hard is told of, and that it works again',
  async () => {
    bank.isDown = true;
    load = steadily(200, pay);
    const failing = { alertname: 'RepriseRunsFailing', workflow: 'payments' };
    const storm = { alertname: 'RepriseRetryStorm', call: 'http' };
    const told = await orTell(watched.webhook.told('firing', failing));
    expect(told.annotations['description']).toMatch(/^\d+(\.\d+)?% of the runs of payments that ended .* have failed\.$/);
    await orTell(watched.webhook.told('firing', storm));
    bank.isDown = false;
    await orTell(watched.webhook.told('resolved', failing));
    await orTell(watched.webhook.told('resolved', storm));
  },
  SUITE_MS,
);

test(
  'a scheduler that has lost its database is told of, and that it has it again',
  async () => {
    await using proxy = await TcpProxy.to(reprise.database.url);
    await reprise.startOne('scheduler', { env: { DATABASE_URL: proxy.url, REPRISE_TOKEN: SCRAPE_TOKEN } }).ready();
    watched.retarget();
    // It asks for a token, and is seen all the same.
    const down = { alertname: 'RepriseDatabaseDown', service: 'scheduler' };
    const up = 'count(reprise_dependency_up{dependency="postgres",service="scheduler"} == 1) == 2';
    await orTell(
      eventually(async () => (await watched.query(up)).length > 0, { what: 'both schedulers are seen', timeoutMs: 180_000 }),
    );
    proxy.drop();
    await orTell(watched.webhook.told('firing', down));
    proxy.pass();
    await orTell(watched.webhook.told('resolved', down));
    await reprise.one('scheduler').stop();
  },
  SUITE_MS,
);
