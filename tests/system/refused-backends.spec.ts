import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BROKER_URL, eventually, ServiceProcess, TestBroker, TestDatabase } from '@reprise/testing';

const MAIN = (app: string) => new URL(`../../apps/${app}/dist/main.js`, import.meta.url).pathname;
const SECRET = 'very-secret-word';

let db: TestDatabase;
const broker = new TestBroker();
beforeAll(async () => {
  db = await TestDatabase.create(1);
});
afterAll(async () => {
  await broker.end(['default']);
  await db.end();
});

function environment(over: Readonly<Record<string, string>> = {}) {
  return {
    DATABASE_URL: db.url,
    AMQP_URL: broker.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_DATABASE_POOL: '2',
    ...over,
  };
}

const changed = (base: string, change: (url: URL) => void): string => {
  const url = new URL(base);
  change(url);
  return url.href;
};

const to = (parts: Partial<Pick<URL, 'pathname' | 'username' | 'password'>>) => (url: URL) => void Object.assign(url, parts);

/** How it ends, and what it says that is no line of the log. */
async function ends(app: string, env: Readonly<Record<string, string>>) {
  const service = new ServiceProcess(MAIN(app), environment(env), 1);
  try {
    const { code } = await service.exited;
    const all = service.logs().join('\n');
    return {
      code,
      all,
      plain: service
        .logs()
        .filter((line) => !line.startsWith('{'))
        .join('\n'),
    };
  } finally {
    await service.kill('SIGKILL');
  }
}

const plainly = (text: string) => {
  expect(text).not.toMatch(/^\s+at /m);
  expect(text).not.toContain(SECRET);
};

describe('a database that is there and refuses us ends the service, in words, with code 1', () => {
  const wrongLogin = to({ username: 'reprise_nobody', password: SECRET });
  test.each([
    [
      'the login',
      () => changed(db.url, wrongLogin),
      /^DATABASE_URL: Postgres says ".*reprise_nobody.*"\. Correct user and password/,
    ],
    [
      'no such database',
      () => changed(db.url, to({ pathname: '/reprise_nowhere' })),
      /"database "reprise_nowhere" does not exist"\. Create the database/,
    ],
  ])('%s', async (_what, url, said) => {
    const { code, plain, all } = await ends('scheduler', { DATABASE_URL: url() });
    expect(plain).toMatch(said);
    plainly(all);
    expect(code).toBe(1);
  });
});

test('a database that takes no writes is waited for, as a standby is that may become the primary: the log says so', async () => {
  const url = changed(db.url, (given) => void given.searchParams.set('options', '-c default_transaction_read_only=on'));
  const service = new ServiceProcess(MAIN('scheduler'), environment({ DATABASE_URL: url }), 1);
  try {
    await eventually(
      async () => {
        expect((await fetch(`${service.url}/readyz`)).status).toBe(503);
        expect(service.logs().join('\n')).toContain('this Postgres takes no writes');
      },
      { what: 'it says that the database takes no writes' },
    );
    plainly(service.logs().join('\n'));
  } finally {
    expect(await service.stop()).toEqual({ code: 0, signal: null });
  }
});

describe('a broker that is there and refuses us is waited for: the log and /readyz say what to do', () => {
  test.each([
    ['the login', to({ password: SECRET }), /^AMQP_URL: RabbitMQ refuses the login: correct user and password/],
    [
      'the virtual host',
      to({ pathname: '/reprise%2Fnowhere' }),
      /^AMQP_URL: RabbitMQ refuses the virtual host "reprise\/nowhere"/,
    ],
  ])('%s', async (_what, change, said) => {
    const service = new ServiceProcess(MAIN('scheduler'), environment({ AMQP_URL: changed(BROKER_URL, change) }), 1);
    try {
      await eventually(
        async () => {
          const answer = await fetch(`${service.url}/readyz`);
          const body = (await answer.json()) as { readonly checks: Readonly<Record<string, { readonly detail?: string }>> };
          expect([answer.status, body.checks['rabbitmq']?.detail]).toEqual([503, expect.stringMatching(said)]);
          const lines = service.logs().map((line): { readonly level?: string; readonly message?: string } => JSON.parse(line));
          expect(lines.find(({ message = '' }) => said.test(message))?.level).toBe('error');
        },
        { what: 'it says what the broker refuses' },
      );
      plainly(service.logs().join('\n'));
    } finally {
      expect(await service.stop()).toEqual({ code: 0, signal: null });
    }
  });
});

test('a port that is taken: said in words, code 1, and none of the four has begun', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // The scheduler's, where all are in one process: the others could begin before it is noticed.
  const { code, plain, all } = await ends('all', { REPRISE_PORT: String(port - 2) });
  await new Promise((resolve) => taken.close(resolve));
  expect(plain).toMatch(/^Port \d+ on 127\.0\.0\.1 is taken by another process: set REPRISE_PORT/m);
  plainly(all);
  expect(code).toBe(1);
  const members = await db.query(`select id from reprise.member where lease_until > now()`);
  expect(members).toEqual([]);
});

test('settings that are wrong are told all at once before anything is begun: code 2', async () => {
  const { code, plain } = await ends('all', { REPRISE_LEASE: '15', REPRISE_PORT: 'http', AMQP_URL: `amqp//guest:${SECRET}@x` });
  expect(plain.split('\n').slice(0, 4)).toEqual([
    '3 settings are wrong:',
    expect.stringContaining('AMQP_URL is wrong (its value is not shown); it must be a URL like amqp://'),
    expect.stringContaining('REPRISE_PORT is "http"; it must be a whole number from 0 to 65535.'),
    expect.stringContaining('REPRISE_LEASE is "15"; it must be a duration with its unit'),
  ]);
  plainly(plain);
  expect(code).toBe(2);
});
