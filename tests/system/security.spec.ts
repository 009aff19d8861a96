import { request as httpRequest } from 'node:http';
import { afterAll, expect, test } from '@jest/globals';
import { ServiceProcess } from '@reprise/testing';
import { Installation, requestTo, type ServiceName } from './installation.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const reprise = await Installation.create();
afterAll(() => reprise.end());
await reprise.start('trigger', 'scheduler', 'executor');
await reprise.start('monitor');
const NAMES: readonly ServiceName[] = ['trigger', 'scheduler', 'executor', 'monitor'];

/** `fetch` does not let a caller lie about its Host. */
const rawRequest = (url: string, method: string, headers: Readonly<Record<string, string>>, body = '') =>
  new Promise<number>((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });

test('every service listens on loopback only, and not at all elsewhere without a token', async () => {
  for (const name of NAMES) expect(reprise.one(name).url).toMatch(/^http:\/\/127\.0\.0\.1:/);
  const open = new ServiceProcess(
    new URL('../../apps/trigger/dist/main.js', import.meta.url).pathname,
    { REPRISE_HOST: '0.0.0.0', REPRISE_PORT: '0' },
    1,
  );
  expect(await open.exited).toEqual({ code: 2, signal: null });
  expect(open.logs().join('\n')).toContain('REPRISE_TOKEN');
});

test('a page the user happens to visit gets nowhere: foreign Host, foreign Origin, form posts', async () => {
  for (const name of NAMES) {
    const { url } = reprise.one(name);
    expect(await rawRequest(`${url}/metrics`, 'GET', { host: 'evil.example' })).toBe(403);
    expect(await rawRequest(`${url}/metrics`, 'GET', { origin: 'https://evil.example' })).toBe(403);
  }
  for (const name of ['trigger', 'monitor'] as const) {
    const start = `${reprise.one(name).url}/v1/events`;
    const body = '{}';
    expect(await rawRequest(start, 'POST', { origin: 'http://evil.example', 'content-type': 'application/json' }, body)).toBe(
      403,
    );
    expect(await rawRequest(start, 'POST', { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' }, body)).toBe(
      403,
    );
    expect(await rawRequest(start, 'POST', { 'content-type': 'text/plain' }, body)).toBe(415);
    expect(await rawRequest(start, 'POST', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b')).toBe(415);
    expect(await rawRequest(start, 'POST', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body)).toBe(415);
  }
});

test('with a token nothing but the probes is answered without it, and the monitor hands it on', async () => {
  const trigger = reprise.startOne('trigger', { env: { REPRISE_TOKEN: TOKEN } });
  await trigger.ready();
  const monitor = reprise.startOne('monitor', { env: { REPRISE_TOKEN: TOKEN, REPRISE_TRIGGER_URL: trigger.url } });
  await monitor.ready();
  const bearer = { authorization: `Bearer ${TOKEN}` };
  for (const { url } of [trigger, monitor]) {
    expect((await requestTo(url, 'GET', '/healthz')).status).toBe(200);
    expect(await requestTo(url, 'GET', '/metrics')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect((await requestTo(url, 'GET', '/metrics', undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await requestTo(url, 'GET', '/metrics', undefined, bearer)).status).toBe(200);
    expect((await requestTo(url, 'POST', '/v1/workflows', { workflow: 'w', tasks: [{ id: 'a', call: 'noop' }] })).status).toBe(
      401,
    );
  }
  const registered = await requestTo(
    monitor.url,
    'POST',
    '/v1/workflows',
    { workflow: 'w', tasks: [{ id: 'a', call: 'noop' }] },
    bearer,
  );
  expect(registered.status).toBe(201);
  const run = await requestTo(monitor.url, 'POST', '/v1/workflows/w/runs?wait=20s', { input: {} }, bearer);
  expect(run).toMatchObject({ status: 200, body: { status: 'succeeded' } });
  expect([trigger, monitor].flatMap((service) => service.current.logs()).join('\n')).not.toContain(TOKEN);
});

test('answers do not give away what is inside: no stack, no SQL, no file names', async () => {
  // The one that asks for no token: it would be all that the other one says.
  const [{ url } = { url: '' }] = reprise.all('monitor');
  const probes = [
    await requestTo(url, 'GET', '/v1/runs/not-an-id'),
    await requestTo(url, 'GET', '/v1/nothing'),
    await requestTo(url, 'POST', '/v1/workflows', '{', { 'content-type': 'application/json' }),
    await requestTo(url, 'GET', '/v1/runs?limit=-1&status=strange'),
  ];
  for (const { status, body } of probes) {
    expect([400, 404, 422]).toContain(status);
    expect(body).toMatchObject({ code: expect.any(String), status });
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:|\.js:|select |insert /i);
  }
});
