import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { BROKER_URL, EmptyDatabase } from '@reprise/testing';
import { CommandLine } from '../test/command-line.js';

const cli = new CommandLine();
const { replies, reprise } = cli;
let empty: EmptyDatabase;
beforeAll(async () => {
  await cli.start();
  empty = await EmptyDatabase.create();
});
beforeEach(cli.reset);
afterAll(async () => {
  await cli.end();
  await empty.end();
});

const finding = (over: Record<string, unknown> = {}) => ({
  rule: 'database.missing_index',
  area: 'database',
  severity: 'error',
  about: 'task_watch',
  what: 'the index task_watch on task is missing',
  prevents: 'a hot statement reads the whole table',
  mend: 'create index task_watch on reprise.task (watch_at);',
  ...over,
});
const WARNING = finding({
  rule: 'services.dead_letters',
  severity: 'warning',
  about: null,
  what: '3 dead letters\u001b[2J are open',
});
const SKIPPED = { check: 'bindings', why: 'AMQP does not tell', enable: 'set REPRISE_RABBITMQ_MANAGEMENT_URL' };

const answered = (findings: readonly { severity?: unknown }[]) =>
  replies.set('GET /v1/doctor', {
    status: 200,
    body: {
      at: '2030-01-01T00:00:00.000Z',
      version: '1',
      verdict: findings[0]?.severity ?? 'ok',
      findings,
      skipped: [SKIPPED],
      checked: 40,
    },
  });

test('an error is told with why it matters and how to mend it, and is exit code 1', async () => {
  answered([finding(), WARNING]);
  const { code, out } = await reprise(['doctor']);
  expect(code).toBe(1);
  expect(out).toBe(`ERROR database.missing_index · task_watch
  the index task_watch on task is missing
  why it matters: a hot statement reads the whole table
  mend it: create index task_watch on reprise.task (watch_at);

WARNING services.dead_letters
  3 dead letters [2J are open
  why it matters: a hot statement reads the whole table
  mend it: create index task_watch on reprise.task (watch_at);

SKIPPED bindings
  AMQP does not tell
  to check it: set REPRISE_RABBITMQ_MANAGEMENT_URL

40 checks: 1 error, 1 warning, 1 skipped
`);
});

test('warnings are exit code 0, with --strict 1; nothing is always 0; JSON is the report as it came', async () => {
  answered([WARNING]);
  expect((await reprise(['doctor'])).code).toBe(0);
  const strict = await reprise(['doctor', '--strict', '-o', 'json']);
  expect([strict.code, JSON.parse(strict.out).findings]).toEqual([1, [WARNING]]);
  answered([]);
  const fine = await reprise(['doctor', '--strict', '-o', 'yaml']);
  expect([fine.code, fine.out]).toEqual([0, expect.stringContaining('verdict: ok')]);
});

const NOWHERE = { REPRISE_URL: 'http://127.0.0.1:1' };

test('no monitor, and nothing to look at: unreachable, and how it could be looked at', async () => {
  const { code, err } = await reprise(['doctor'], { env: NOWHERE });
  expect([code, err]).toEqual([7, expect.stringContaining('--direct')]);
});

test('no monitor, but a database and a broker: they are looked at from here', async () => {
  const env = { ...NOWHERE, DATABASE_URL: empty.url, AMQP_URL: BROKER_URL, REPRISE_PREFIX: 'nobody-uses-this' };
  const { code, out, err } = await reprise(['doctor', '-o', 'json'], { env });
  expect(code).toBe(1);
  expect(err).toContain('looking from here');
  const rules = JSON.parse(out).findings.map(({ rule }: { readonly rule: string }) => rule);
  expect(rules).toEqual(
    expect.arrayContaining([
      'services.unreachable',
      'broker.missing_queue',
      'broker.missing_exchange',
      'database.pending_migrations',
    ]),
  );
});

test('with --direct the monitor is not asked; what is not set is not looked at', async () => {
  const { code, out } = await reprise(['doctor', '--direct'], {
    env: { DATABASE_URL: 'postgres://nobody:pass-word@127.0.0.1:1/x' },
  });
  expect(code).toBe(1);
  expect(out).toMatch(/^ERROR database.unreachable\n {2}Postgres does not answer: connect ECONNREFUSED/);
  expect(out).toContain('SKIPPED the broker\n  AMQP_URL is not set here');
  expect(out).not.toContain('pass-word');
  expect(cli.asked).toEqual([]);
});

test('a setting that is wrong is told as everywhere', async () => {
  const { code, err } = await reprise(['doctor', '--direct'], { env: { DATABASE_URL: 'localhost' } });
  expect([code, err]).toEqual([2, expect.stringContaining('DATABASE_URL')]);
});
