import { afterAll, expect, test } from '@jest/globals';
import { BROKER_URL, eventually, POSTGRES_URL, TcpProxy } from '@reprise/testing';
import { Installation, type ServiceName } from './installation.js';

const database = await TcpProxy.to(POSTGRES_URL);
const broker = await TcpProxy.to(BROKER_URL);
database.drop();
broker.drop();

const via = (proxy: TcpProxy) => (direct: string) => {
  const url = new URL(direct);
  url.port = new URL(proxy.url).port;
  url.hostname = '127.0.0.1';
  return url.href;
};
const reprise = await Installation.create({ databaseUrl: via(database), amqpUrl: via(broker) });
afterAll(async () => {
  database.pass();
  broker.pass();
  await reprise.end();
  await Promise.all([database.end(), broker.end()]);
});

const NAMES: readonly ServiceName[] = ['trigger', 'scheduler', 'executor', 'monitor'];

/** Which of the two each service says it waits for. */
const missing = () =>
  Promise.all(
    NAMES.map(async (name) => {
      const answer = await fetch(`${reprise.one(name).url}/readyz`);
      const body = (await answer.json()) as { readonly checks: Readonly<Record<string, { readonly ok: boolean }>> };
      const bad = Object.entries(body.checks).flatMap(([check, { ok }]) => (ok ? [] : [check]));
      return [name, answer.status, bad.sort()];
    }),
  );
const all = (status: number, bad: readonly string[]) => NAMES.map((name) => [name, status, bad]);

test('services wait for what is missing, say which it is, and go on when it comes', async () => {
  for (const name of NAMES.slice(0, 3)) reprise.startOne(name);
  await eventually(() => reprise.one('trigger').url, { what: 'the trigger listens' });
  reprise.startOne('monitor');
  await reprise.orTell(
    eventually(async () => expect(await missing()).toEqual(all(503, ['postgres', 'rabbitmq'])), {
      what: 'all of them wait for both',
    }),
  );
  for (const name of NAMES) {
    expect((await fetch(`${reprise.one(name).url}/healthz`)).status).toBe(200);
    const said = () => expect(reprise.one(name).current.logs().join('\n')).toMatch(/waiting for (Postgres|RabbitMQ)/);
    await eventually(said, { what: `the ${name} says what it waits for` });
  }
  const early = await reprise.request('POST', '/v1/workflows', { workflow: 'early', tasks: [{ id: 'a', call: 'noop' }] });
  expect(early).toMatchObject({ status: 503, body: { code: 'starting' } });
  expect(early.headers.get('retry-after')).not.toBeNull();

  database.pass();
  await eventually(async () => expect(await missing()).toEqual(all(503, ['rabbitmq'])), {
    what: 'all of them wait for RabbitMQ alone',
  });
  broker.pass();
  await reprise.orTell(eventually(async () => expect(await missing()).toEqual(all(200, [])), { what: 'all of them are ready' }));

  await reprise.register({ workflow: 'late', tasks: [{ id: 'a', call: 'noop' }] });
  expect(await reprise.run('late')).toMatchObject({ status: 'succeeded' });
});
