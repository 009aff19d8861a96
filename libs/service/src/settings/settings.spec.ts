import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { durationMs } from './parse-setting.js';
import { readSettings, SettingsError, settingsOf } from './settings.js';
import { settingsTable } from './settings-markdown.js';
import { SETTINGS_TABLE, type SettingsReader } from './settings-table.js';

function problemsOf(env: Record<string, string>, reader: SettingsReader = 'all'): SettingsError {
  try {
    readSettings(env, reader);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('no problem was found');
}

describe('settings', () => {
  test('an empty environment is enough: every default is itself allowed', () => {
    const settings = readSettings({}, 'all');
    expect(settings).toMatchObject({
      databaseUrl: 'postgres://postgres@127.0.0.1:5432/reprise',
      amqpUrl: 'amqp://guest:guest@127.0.0.1:5672',
      prefix: 'reprise',
      host: '127.0.0.1',
    });
    expect(settings).toMatchObject({
      leaseMs: 15_000,
      queues: ['default'],
      handlers: null,
      token: null,
      logLevel: 'info',
      loopback: true,
      queueType: 'quorum',
      warnings: [],
    });
    expect(settings.limits).toEqual({
      maxInputBytes: 1_048_576,
      maxOutputBytes: 1_048_576,
      maxEventBytes: 1_048_576,
      maxBatchBytes: 8_388_608,
      maxDocumentBytes: 262_144,
      maxDepth: 64,
      maxTasks: 1_000,
      maxItems: 100_000,
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  test('all bad values are told at once, each with its variable, its value and what is allowed', () => {
    const error = problemsOf({
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      AMQP_URL: 'localhost:5672',
      REPRISE_PREFIX: '9 lives',
      REPRISE_PORT: '65536',
      REPRISE_LEASE: '15',
      REPRISE_CONCURRENCY: '0',
      REPRISE_QUEUES: 'a,,b',
      REPRISE_HANDLERS: 'rm -rf',
      REPRISE_LOG_LEVEL: 'loud',
      REPRISE_RETENTION: '1s',
      REPRISE_MAX_DEPTH: '-1',
      REPRISE_QUEUE_TYPE: 'stream',
      REPRISE_CONNECTION_SALES: 'hunter3',
      REPRISE_FAULTS: 'x:explode',
      REPRISE_TOKEN: 'too-short',
    });
    expect(error.code).toBe('SETTINGS');
    expect(error.problems.map((problem) => problem.name).sort()).toEqual(
      [
        'AMQP_URL',
        'DATABASE_URL',
        'REPRISE_CONCURRENCY',
        'REPRISE_CONNECTION_SALES',
        'REPRISE_FAULTS',
        'REPRISE_HANDLERS',
        'REPRISE_LEASE',
        'REPRISE_LOG_LEVEL',
        'REPRISE_MAX_DEPTH',
        'REPRISE_PORT',
        'REPRISE_PREFIX',
        'REPRISE_QUEUES',
        'REPRISE_QUEUE_TYPE',
        'REPRISE_RETENTION',
        'REPRISE_TOKEN',
      ].sort(),
    );
    expect(error.message).toContain(
      'REPRISE_LEASE is "15"; it must be a duration with its unit (like 250ms, 15s, 1h30m) from 300ms to 1h.',
    );
    for (const problem of error.problems) expect(problem.message.startsWith(problem.name)).toBe(true);
    for (const hidden of ['hunter2', 'hunter3', 'too-short']) expect(error.message).not.toContain(hidden);
  });

  test.each(Object.values(SETTINGS_TABLE))('a bad $name names its variable', (row) => {
    const bad = row.name === 'REPRISE_SECRETS_DIR' ? '\0' : 'not allowed anywhere\u0001 ';
    const reader = row.usedBy.some((user) => user !== 'cli') ? 'all' : 'cli';
    expect(problemsOf({ [row.name]: bad }, reader).problems.map((problem) => problem.name)).toEqual([row.name]);
  });

  test('off loopback a token is required, on loopback it is not', () => {
    expect(problemsOf({ REPRISE_HOST: '0.0.0.0' }).message).toContain('REPRISE_TOKEN is not set, but REPRISE_HOST is "0.0.0.0"');
    expect(readSettings({ REPRISE_HOST: '0.0.0.0', REPRISE_TOKEN: 'a'.repeat(16) }, 'monitor').loopback).toBe(false);
    for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '::1'])
      expect(readSettings({ REPRISE_HOST: host }, 'monitor').loopback).toBe(true);
    for (const host of ['127.0.0.1.evil.example', '::', '10.0.0.1'])
      expect(problemsOf({ REPRISE_HOST: host }).problems).toHaveLength(1);
  });

  test('ports: each service has its own, together they follow the first, 0 is any', () => {
    expect(readSettings({}, 'scheduler').port).toBe(3002);
    expect(readSettings({ REPRISE_PORT: '4000' }, 'scheduler').port).toBe(4000);
    const all = readSettings({ REPRISE_PORT: '4000' }, 'all');
    expect(all.ports).toEqual({ monitor: 4000, trigger: 4001, scheduler: 4002, executor: 4003 });
    expect(all.triggerUrl).toBe('http://127.0.0.1:4001');
    expect(settingsOf(all, 'executor').port).toBe(4003);
    expect(readSettings({ REPRISE_PORT: '0' }, 'all').ports).toEqual({ monitor: 0, trigger: 0, scheduler: 0, executor: 0 });
    expect(problemsOf({ REPRISE_PORT: '65533' }).message).toContain('REPRISE_PORT');
  });

  test('what a reader does not use is not checked', () => {
    expect(readSettings({ DATABASE_URL: 'nonsense', REPRISE_CONNECTION_X: 'nonsense' }, 'cli').url).toBe('http://127.0.0.1:3000');
    expect(readSettings({ REPRISE_QUEUES: 'a b' }, 'trigger').queues).toEqual(['default']);
  });

  test('a variable set to nothing is a variable not set', () => {
    expect(readSettings({ REPRISE_TOKEN: '', REPRISE_LEASE: '', REPRISE_HANDLERS: '' }, 'executor')).toMatchObject({
      token: null,
      leaseMs: 15_000,
      handlers: null,
    });
  });

  test('an unknown REPRISE_ variable is a warning that says what was meant', () => {
    const { warnings } = readSettings(
      { REPRISE_CONCURENCY: '5', REPRISE_OWN: '1', REPRISE_SECRET_X: 'y', PATH: '/bin' },
      'executor',
    );
    expect(warnings).toEqual([
      'REPRISE_CONCURENCY is set, but Reprise knows no such variable; did you mean REPRISE_CONCURRENCY?',
    ]);
  });

  test('secrets come from the environment or from files, and no name leads out of the directory', () => {
    const parent = mkdtempSync(join(tmpdir(), 'reprise-secrets-'));
    try {
      writeFileSync(join(parent, 'FROM_FILE'), 'of a file\n');
      const read = readSettings({ REPRISE_SECRETS_DIR: parent, REPRISE_SECRET_API: 'of the environment' }, 'executor').secrets();
      expect([read('API'), read('FROM_FILE'), read('NONE')]).toEqual(['of the environment', 'of a file', null]);
      const inside = readSettings({ REPRISE_SECRETS_DIR: join(parent, 'inside') }, 'executor').secrets();
      expect([inside('../FROM_FILE'), inside('FROM_FILE\0'), inside('')]).toEqual([null, null, null]);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  test('connections are found by name without case', () => {
    const { connections } = readSettings({ REPRISE_CONNECTION_SALES: 'postgres://u:p@h/sales' }, 'executor');
    expect(connections.get('sales')).toBe('postgres://u:p@h/sales');
  });

  test('durations have a unit', () => {
    expect(['250ms', '15s', '1h30m', '2d', '1.5s', '0ms'].map(durationMs)).toEqual([
      250, 15_000, 5_400_000, 172_800_000, 1_500, 0,
    ]);
    expect(['15', '', '15 s', '-1s', 's', '1y', '1s '].map(durationMs)).toEqual([null, null, null, null, null, null, null]);
  });

  test('RabbitMQ may have several hosts, each of which is looked at', () => {
    const cluster = 'amqp://reprise:p,w@one:5672,two:5673, three/vhost?heartbeat=5';
    expect(readSettings({ AMQP_URL: cluster }, 'trigger').amqpUrl).toBe(cluster);
    for (const wrong of ['amqp://one,', 'amqp://one,two:port', 'amqp://one,http://two', 'one,two']) {
      expect(problemsOf({ AMQP_URL: wrong }).problems.map(({ name }) => name)).toEqual(['AMQP_URL']);
    }
    expect(problemsOf({ AMQP_URL: 'amqp://u:hunter4@one,two:port' }).message).not.toContain('hunter4');
  });

  test('the Markdown table has every variable once', () => {
    for (const { name } of Object.values(SETTINGS_TABLE)) expect(settingsTable().split(`| \`${name}\` |`)).toHaveLength(2);
  });
});
