import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { DependencyView, Page } from '@reprise/contracts';
import { eventually } from '@reprise/testing';
import { Installation } from './installation.js';

/** A bank that may be down, and writes down when it was called. */
class Bank {
  isDown = false;
  calls: number[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((_, response) => {
      this.calls.push(Date.now());
      response.writeHead(this.isDown ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
    });
    // Whoever is asked never hangs up first: a request on its way just then would fail, and its attempt with it.
    this.server.keepAliveTimeout = 0;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/pay`;
  }

  end(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let reprise: Installation;
let bank: Bank;

beforeAll(async () => {
  bank = await new Bank().start();
  const env = { REPRISE_BREAKER_OPEN: '1s', REPRISE_RETRY_BUDGET: '10', REPRISE_RETRY_BUDGET_FLOOR: '1' };
  reprise = await Installation.running({ env });
  await Promise.all([reprise.startOne('scheduler').ready(), reprise.startOne('executor').ready()]);
});
afterEach(() => {
  bank.isDown = false;
  bank.calls = [];
});
afterAll(async () => {
  bank.end();
  await reprise.end();
});

const dependency = async (name: string) =>
  (await reprise.request<Page<DependencyView>>('GET', '/v1/dependencies')).body.items.find((each) => each.name === name);

const paying = (workflow: string, dependsOn: string, retry: object) => ({
  workflow,
  tasks: { pay: { call: 'http', with: { method: 'POST', url: bank.url }, dependency: dependsOn, retry } },
});

test('a bank that is down is left alone: what waits for it costs no attempt, says why, and goes on by itself when it is back', async () => {
  await reprise.register(paying('pays', 'bank', { initialInterval: '100ms', backoff: 'fixed', maximumAttempts: 8 }));
  bank.isDown = true;
  const runs = await Promise.all(Array.from({ length: 60 }, () => reprise.startRun('pays')));
  await eventually(async () => (await dependency('bank'))?.state === 'open', { what: 'the breaker to open' });
  const more = await Promise.all(Array.from({ length: 20 }, () => reprise.startRun('pays')));
  const waiting = await eventually(
    async () => {
      const rows = await reprise.database.query<{ why: string }>(
        `select why from reprise.task where status = 'retrying' and why->>'hold' = 'BREAKER_OPEN' and run_id = any($1::uuid[])`,
        [more],
      );
      return rows.length > 0 ? rows : false;
    },
    { what: 'runs that come meanwhile to wait' },
  );
  expect(JSON.parse(waiting[0]?.why ?? '')).toMatchObject({
    detail: expect.stringMatching(/calls within 30 s failed|canary failed/),
  });
  const cause = expect.stringContaining('http.503');
  await eventually(async () => expect(await dependency('bank')).toMatchObject({ cause }), { what: 'the cause to be told' });
  const callsWhileDown = bank.calls.length;
  bank.isDown = false;
  const ended = await Promise.all([...runs, ...more].map((run) => reprise.ended(run)));
  expect(ended.map(({ status }) => status)).toEqual(ended.map(() => 'succeeded'));
  // Nothing was hammered: the first wave, a few that overlapped with it, and canaries. Each of the sixty had eight calls to make.
  expect(callsWhileDown).toBeLessThan(240);
  const whys = await reprise.database.query<{ as: string }>(
    `select distinct why->>'as' as as from reprise.task where why->>'reason' = 'released' order by 1`,
  );
  expect(whys).toEqual([{ as: 'canary' }, { as: 'wave' }]);
  const attempts = await reprise.database.query<{ most: number }>(`select max(attempt)::int as most from reprise.task`);
  expect(attempts[0]?.most).toBeLessThan(8);
});

test('a person opens a breaker, and nothing is called until a person closes it', async () => {
  await reprise.register(paying('mails', 'mail', {}));
  expect((await reprise.request('POST', '/v1/dependencies/mail/open', { reason: 'a night off' })).status).toBe(200);
  const held = await eventually(
    async () => {
      const run = await reprise.startRun('mails');
      const view = await eventually(async () => (await reprise.show(run)).tasks[0] ?? false, { what: 'its task' });
      const task = await eventually(
        async () => {
          const [shown] = (await reprise.show(run)).tasks;
          return shown !== undefined && ['retrying', 'succeeded'].includes(shown.status) ? shown : false;
        },
        { what: `${view.path} to wait or to be done` },
      );
      return task.status === 'retrying' ? run : false;
    },
    { what: 'all processes to have heard of it' },
  );
  const before = bank.calls.length;
  expect((await reprise.show(held)).tasks[0]).toMatchObject({
    attempt: 1,
    attempts: [{ why: { detail: 'opened by local: a night off' } }],
  });
  expect((await reprise.request('POST', '/v1/dependencies/mail/close')).body).toMatchObject({ state: 'half-open' });
  expect(await reprise.ended(held)).toMatchObject({ status: 'succeeded', tasks: [{ attempt: 1 }] });
  expect(bank.calls.length).toBe(before + 1);
});

test('a retry budget lets first attempts through, and retries as it can afford', async () => {
  // Its breaker would open first: a share that fails, but less than half of it.
  const [FINE, BAD] = [100, 40];
  await reprise.register({
    workflow: 'flaky',
    tasks: {
      fine: { forEach: Array.from({ length: FINE }, (_, index) => index), call: 'noop', dependency: 'flaky' },
      bad: {
        needs: ['fine'],
        forEach: { in: Array.from({ length: BAD }, (_, index) => index), tolerate: '100%' },
        call: 'http',
        with: { method: 'POST', url: bank.url },
        dependency: 'flaky',
        retry: { initialInterval: '10ms', backoff: 'fixed', maximumAttempts: 2 },
      },
    },
  });
  bank.isDown = true;
  const began = performance.now();
  const run = await reprise.startRun('flaky');
  await eventually(
    async () => {
      const rows = await reprise.database.query(
        `select 1 from reprise.task where run_id = $1 and why->>'hold' = 'RETRY_BUDGET'`,
        [run],
      );
      return rows.length > 0;
    },
    { what: 'a retry to wait for the budget' },
  );
  // The first calls, and of the retries what 10 % of all and one a second let through.
  const seconds = (performance.now() - began) / 1_000;
  expect(bank.calls.length).toBeLessThanOrEqual(BAD + 0.1 * (FINE + BAD) + 10 + seconds);
  const sofar = bank.calls.length;
  bank.isDown = false;
  await eventually(async () => bank.calls.length > sofar, { what: 'the budget to be refilled' });
  await reprise.request('POST', `/v1/runs/${run}/cancel`);
  await reprise.ended(run);
});
