import { createHmac } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { eventually } from '@reprise/testing';
import { Installation, type ServiceName } from './installation.js';
import type { Started } from './request-to.js';

const SERVICES: readonly ServiceName[] = ['trigger', 'scheduler', 'executor', 'monitor'];
/** What must never be printed, however it comes into an error. */
const SECRETS = {
  pay: 'pay/"key+1234567',
  hook: 'whsec_aGVsbG8td2ViaG9vay1zZWNyZXQ=',
  token: 'token-of-an-operator-77',
  alice: 'token-of-alice-is-hers-99',
  connection: 'connection-pass-4711',
  collector: 'collector-pass-0815',
  url: 'pass-in-a-url-2603',
};
const env = {
  REPRISE_LOG_LEVEL: 'debug',
  REPRISE_TOKEN: SECRETS.token,
  REPRISE_TOKENS: `alice=${SECRETS.alice}`,
  REPRISE_SECRET_PAY: SECRETS.pay,
  REPRISE_SECRET_HOOK: SECRETS.hook,
  REPRISE_CONNECTION_SHOP: `postgres://shop:${SECRETS.connection}@127.0.0.1:1/shop`,
  // Nobody listens there: whatever is said of it is said with its address.
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://reprise:${SECRETS.url}@127.0.0.1:9`,
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${SECRETS.collector}`,
};
const authorization = { authorization: `Bearer ${SECRETS.token}` };
const reprise = await Installation.running({ env });
afterAll(() => reprise.end());

/** What the tests read of a line; the expectations look at the rest. */
interface Line {
  readonly level: string;
  readonly service: string;
  readonly message: string;
  readonly run?: string;
  readonly task?: string;
  readonly attempt?: number;
}
const printed = (): readonly string[] => SERVICES.flatMap((name) => reprise.all(name).flatMap(({ current }) => current.logs()));
const linesOf = (run: string): readonly Line[] =>
  printed()
    .map((line): Line => JSON.parse(line))
    .filter((line) => line.run === run);
async function register(document: object): Promise<void> {
  expect(await reprise.request('POST', '/v1/workflows', document, authorization)).toMatchObject({ status: 201 });
}
const until = (what: string, check: () => unknown) => reprise.orTell(eventually(() => check() ?? false, { what }));
async function ended(workflow: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const start = `/v1/workflows/${workflow}/runs`;
  const answer = await reprise.request<Started>('POST', start, {}, { ...authorization, ...headers });
  expect(answer.status).toBe(202);
  const run = answer.body.id;
  await until(`the log tells the end of ${workflow}`, () =>
    linesOf(run).some(({ message }) => /^run (succeeded|failed)$/.test(message)),
  );
  return run;
}
const said = (lines: readonly Line[], service: ServiceName) =>
  lines
    .filter((line) => line.service === service)
    .map(({ message, task, attempt }) => [message, task, attempt].filter(Boolean).join(' '));

test('each change of state is one line at debug, with the ids of what it is about', async () => {
  await register({
    workflow: 'steps',
    tasks: {
      a: { call: 'flaky', with: { times: 1 }, retry: { initialInterval: '10ms', jitter: 'none' } },
      b: { needs: ['a'], forEach: { in: [1, 2, 3], parallel: 1 }, call: 'echo' },
    },
  });
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const run = await ended('steps', { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
  // Each process has a pipe of its own: what was said first may be read last.
  await until(
    'all have told of it',
    () => said(linesOf(run), 'executor').length >= 2 * 5 && said(linesOf(run), 'trigger').length > 0,
  );
  const lines = linesOf(run);
  expect(said(lines, 'trigger')).toEqual(['run running']);
  expect(said(lines, 'scheduler')).toEqual([
    'attempt failed a 1',
    'task retrying a 2',
    'task ready a 2',
    'attempt succeeded a 2',
    'task succeeded a 2',
    'task running b',
    'task ready b[0] 1',
    'task succeeded b[0] 1',
    'task ready b[1] 1',
    'task succeeded b[1] 1',
    'task ready b[2] 1',
    'task succeeded b[2] 1',
    'task succeeded b',
    'run succeeded',
  ]);
  expect(said(lines, 'executor')).toHaveLength(2 * 5);
  for (const line of lines) expect(line).toMatchObject({ level: 'debug', run, workflow: 'steps', traceId: trace });
  expect(lines.find(({ message }) => message === 'attempt failed')).toMatchObject({
    code: 'FLAKY',
    why: expect.stringContaining('waits 10ms'),
  });
});

test('what a handler did not expect is said once, with ids, stack and cause', async () => {
  await register({
    workflow: 'surprise',
    tasks: { a: { call: 'leak', with: { key: '${{ secrets.PAY }}' }, retry: { maximumAttempts: 1 } } },
  });
  const run = await ended('surprise');
  const unexpected = () => linesOf(run).filter(({ level }) => level !== 'debug');
  await until('the executor tells of it', () => unexpected().length > 0);
  expect(unexpected()).toMatchObject([
    {
      level: 'warn',
      service: 'executor',
      workflow: 'surprise',
      task: 'a',
      attempt: 1,
      call: 'leak',
      error: {
        code: 'INTERNAL',
        message: expect.stringContaining('[redacted]'),
        stack: expect.stringContaining('executor.mjs'),
        cause: { message: expect.stringContaining('[redacted]') },
      },
    },
  ]);
});

test('no secret is in anything that any service prints, whatever goes wrong with it', async () => {
  await register({
    workflow: 'secretive',
    tasks: {
      header: {
        call: 'http',
        with: { url: 'http://127.0.0.1:1/', headers: { authorization: 'Bearer ${{ secrets.PAY }}' } },
        retry: { maximumAttempts: 1 },
        onError: 'continue',
      },
      address: {
        call: 'http',
        with: { url: `http://u:${SECRETS.url}@127.0.0.1:1/` },
        retry: { maximumAttempts: 1 },
        onError: 'continue',
      },
      query: { call: 'sql', with: { connection: 'shop', query: 'select 1' }, retry: { maximumAttempts: 1 }, onError: 'continue' },
      printed: {
        call: 'shell',
        with: { run: 'echo "$KEY"; echo "$KEY" >&2; exit 3', env: { KEY: '${{ secrets.PAY }}' } },
        retry: { maximumAttempts: 1 },
        onError: 'continue',
      },
      leak: { call: 'leak', with: { key: '${{ secrets.PAY }}' }, retry: { maximumAttempts: 1 }, onError: 'continue' },
    },
  });
  await register({
    workflow: 'hooked',
    on: [{ webhook: { path: 'pay', signature: 'github', secret: 'HOOK' } }],
    tasks: { a: { transform: 1 } },
  });
  const run = await ended('secretive');
  const body = '{"paid":true}';
  const signature = `sha256=${createHmac('sha256', SECRETS.hook).update(body).digest('hex')}`;
  const hook = (headers: Readonly<Record<string, string>>) =>
    reprise.request('POST', '/v1/hooks/pay', body, { 'content-type': 'application/json', 'x-github-delivery': 'd1', ...headers });
  expect((await hook({ 'x-hub-signature-256': signature })).status).toBe(202);
  expect((await hook({ 'x-hub-signature-256': `sha256=${SECRETS.hook}` })).status).toBe(401);
  expect(
    (await reprise.request('GET', `/v1/runs?token=${SECRETS.token}`, undefined, { authorization: `Bearer ${SECRETS.alice}x` }))
      .status,
  ).toBe(401);
  await until('the collector is missed', () => printed().some((line) => line.includes('the collector does not take spans')));
  const failures = () => linesOf(run).filter(({ message }) => message.startsWith('attempt failed'));
  await until('every failure is told', () => failures().length >= 5);
  const everything = printed().join('\n');
  for (const [name, secret] of Object.entries(SECRETS)) {
    const spellings = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
    ];
    for (const spelling of spellings) expect([name, everything.includes(spelling)]).toEqual([name, false]);
  }
  // They have been at work, and the lines are there that might have told them.
  expect(everything).toContain('[redacted]');
  for (const line of printed())
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String), service: expect.any(String) });
});
