import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServiceContext, Metrics, type RunningService, readSettings, silentLogger } from '@reprise/service';
import { registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from '../trigger.module.js';

const broker = new TestBroker();
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const TOKEN = 'a-token-of-the-test';
let db: TestDatabase;
let trigger: RunningService;

beforeAll(async () => {
  db = await TestDatabase.create();
  const paid = `workflow: paid
on:
  - webhook: { path: pay/in, secret: PAY, if: event.data.amount > 0, key: event.data.id, input: { amount: "\${{ event.data.amount }}" } }
tasks: { a: { transform: 1 } }`;
  const pushed = `workflow: pushed
on: [{ webhook: { path: github, secret: GITHUB, signature: github, input: { type: "\${{ event.type }}" } } }]
tasks: { a: { transform: 1 } }`;
  const open = 'workflow: open\non: [{ webhook: { path: open, signature: none } }]\ntasks: { a: { transform: 1 } }';
  const unset = 'workflow: unset\non: [{ webhook: { path: unset, secret: NOBODY_SET } }]\ntasks: { a: { transform: 1 } }';
  for (const document of [paid, pushed, open, unset]) await registerWorkflow(db.database, document);
  const environment = {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_PORT: '0',
    REPRISE_TOKEN: TOKEN,
    REPRISE_SECRET_PAY: SECRET,
    REPRISE_SECRET_GITHUB: 'hush',
  };
  const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  const context = createServiceContext('trigger', readSettings(environment, 'trigger'), { logger: silentLogger, metrics });
  trigger = await startTrigger(context);
});
afterAll(async () => {
  expect((await trigger.close()).clean).toBe(true);
  await broker.end([]);
  await db.end();
});

async function send(path: string, body: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${trigger.url}/v1/hooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

function signed(id: string, body: string): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

const inputs = async (workflow: string) =>
  (await db.query<{ input: unknown }>('select input::text from reprise.run where workflow = $1 order by id', [workflow])).map(
    (run) => JSON.parse(String(run.input)),
  );

test('what its sender signed starts a run, once for each id, without a token', async () => {
  const body = '{ "id": "p1",  "amount": 5 }';
  const headers = signed('msg_1', body);
  expect(await send('pay/in', body, headers)).toMatchObject({
    status: 202,
    json: { results: [{ id: 'msg_1', outcome: 'accepted', runs: [{ workflow: 'paid' }] }] },
  });
  expect((await send('pay/in', body, headers)).json).toMatchObject({ results: [{ outcome: 'duplicate' }] });
  const free = '{"id":"p2","amount":0}';
  expect((await send('pay/in', free, signed('msg_2', free))).json).toMatchObject({ results: [{ outcome: 'unmatched' }] });
  expect(await inputs('paid')).toEqual([{ amount: 5 }]);
});

test('a wrong or missing signature starts nothing', async () => {
  const body = '{"id":"x","amount":9}';
  const wrong = { ...signed('msg_3', body), 'webhook-id': 'msg_4' };
  expect(await send('pay/in', body, wrong)).toMatchObject({ status: 401, json: { code: 'invalid_signature' } });
  expect(await send('pay/in', body)).toMatchObject({
    status: 401,
    json: { detail: expect.stringContaining('must all be sent') },
  });
  expect(await inputs('paid')).not.toContainEqual({ amount: 9 });
});

test('GitHub tells what happened in a header: it is the type of the event', async () => {
  const body = '{"ref":"main"}';
  const headers = {
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`,
    'x-github-delivery': 'd-1',
    'x-github-event': 'push',
  };
  expect((await send('github', body, headers)).status).toBe(202);
  expect(await inputs('pushed')).toEqual([{ type: 'github.push' }]);
});

test('what nobody signs needs a token', async () => {
  expect(await send('open', '{}')).toMatchObject({ status: 401, json: { detail: expect.stringContaining('bearer token') } });
  expect((await send('open', '{"a":1}', { authorization: `Bearer ${TOKEN}` })).status).toBe(202);
  expect(await inputs('open')).toEqual([{ a: 1 }]);
});

test('a path where nobody listens, and a secret that nobody has set, are told apart', async () => {
  expect(await send('nowhere', '{}')).toMatchObject({ status: 404, json: { code: 'webhook_not_found' } });
  expect(await send('unset', '{}', signed('m', '{}'))).toMatchObject({
    status: 503,
    json: { code: 'secret_missing', hint: expect.stringContaining('REPRISE_SECRET_NOBODY_SET') },
  });
});
