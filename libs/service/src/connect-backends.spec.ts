import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Backends, connectBackends, type DatabasePort } from './connect-backends.js';
import { Health } from './health.js';
import type { Logger } from './logger.js';
import { silentLogger } from './logger.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const absent = (code: string): Error => Object.assign(new Error(`failed: ${code}`), { code });

/** Backends that come when they are told to. */
function scripted(failures: readonly Error[] = []) {
  const log: string[] = [];
  const warnings: object[] = [];
  const left = [...failures];
  const stopping = new AbortController();
  let broker: { kind: string; reason?: string } = { kind: 'connecting', reason: 'ECONNREFUSED' };
  let brokerIsThere: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    brokerIsThere = () => {
      broker = { kind: 'connected' };
      resolve();
    };
  });
  const health = new Health();
  const logger: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
  const backends: Backends<DatabasePort> = {
    database: {
      connect: async () => {
        const failure = left.shift();
        if (failure !== undefined) throw failure;
        log.push('connected');
      },
      ping: async () => void log.push('pinged'),
    },
    connection: { start: () => started, close: async () => undefined, state: () => broker },
    health,
    logger,
    signal: stopping.signal,
    migrate: async () => log.push('migrated'),
  };
  return { backends, log, warnings, stopping, health, brokerIsThere };
}

describe('a service that starts', () => {
  test('waits for Postgres with growing pauses and says so, then migrates', async () => {
    const given = scripted(['ECONNREFUSED', '57P03', 'ENETUNREACH', '53300', '55P03'].map(absent));
    given.brokerIsThere();
    const connecting = connectBackends(given.backends);
    await jest.advanceTimersByTimeAsync(250 + 500 + 1_000 + 2_000 - 1);
    expect(given.log).toEqual([]);
    await jest.advanceTimersByTimeAsync(4_001);
    await connecting;
    expect(given.log).toEqual(['connected', 'migrated']);
    expect(given.warnings).toMatchObject([
      { code: 'ECONNREFUSED' },
      { code: '57P03' },
      { code: 'ENETUNREACH' },
      { code: '53300' },
      { code: '55P03' },
    ]);
  });

  test('waits for a pool that only says that the time is up', async () => {
    const given = scripted([
      new Error('timeout exceeded when trying to connect'),
      new Error('Connection terminated unexpectedly'),
    ]);
    given.brokerIsThere();
    const connecting = connectBackends(given.backends);
    await jest.advanceTimersByTimeAsync(1_000);
    await connecting;
    expect(given.log).toEqual(['connected', 'migrated']);
  });

  test.each(['28P01', '3D000', '42501'])('does not wait for what will not pass: %s', async (code) => {
    const given = scripted([absent(code)]);
    await expect(connectBackends(given.backends)).rejects.toMatchObject({ code });
  });

  test('shows what is missing until it is there', async () => {
    const given = scripted([absent('ECONNREFUSED')]);
    const connecting = connectBackends(given.backends);
    expect((await given.health.report()).checks).toEqual({
      postgres: { ok: false, detail: 'not connected yet' },
      rabbitmq: { ok: false, detail: 'ECONNREFUSED' },
    });
    await jest.advanceTimersByTimeAsync(250);
    expect((await given.health.report()).checks).toMatchObject({ postgres: { ok: true }, rabbitmq: { ok: false } });
    given.brokerIsThere();
    await connecting;
    expect((await given.health.report()).checks).toEqual({ postgres: { ok: true }, rabbitmq: { ok: true } });
  });

  test('and is stopped while it waits gives up at once and migrates nothing', async () => {
    const given = scripted([absent('ECONNREFUSED')]);
    const connecting = connectBackends(given.backends);
    const stopped = expect(connecting).rejects.toThrow('stopped while waiting');
    await jest.advanceTimersByTimeAsync(10);
    given.stopping.abort();
    await stopped;
    await jest.advanceTimersByTimeAsync(10_000);
    expect(given.log).not.toContain('migrated');
  });

  test('after it was stopped does not begin to wait', async () => {
    const given = scripted();
    given.stopping.abort();
    await expect(connectBackends(given.backends)).rejects.toThrow('stopped while waiting');
  });
});
