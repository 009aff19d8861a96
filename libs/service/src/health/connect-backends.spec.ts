import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Logger } from '../logging/logger.js';
import { silentLogger } from '../logging/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { type Backends, connectBackends, type DatabasePort } from './connect-backends.js';
import { Health } from './health.js';

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
  let databaseAnswers = true;
  const started = new Promise<void>((resolve) => {
    brokerIsThere = () => {
      broker = { kind: 'connected' };
      resolve();
    };
  });
  const health = new Health();
  const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  const logger: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
  const backends: Backends<DatabasePort> = {
    database: {
      connect: async () => {
        const failure = left.shift();
        if (failure !== undefined) throw failure;
        log.push('connected');
      },
      ping: async () => {
        if (!databaseAnswers) throw absent('57P01');
      },
    },
    connection: { start: () => started, close: async () => undefined, state: () => broker },
    health,
    metrics,
    logger,
    signal: stopping.signal,
    migrate: async () => log.push('migrated'),
  };
  const turns = {
    broker: (state: typeof broker): void => {
      broker = state;
    },
    database: (answers: boolean): void => {
      databaseAnswers = answers;
    },
  };
  return { backends, log, warnings, stopping, health, brokerIsThere, turns, shown: () => gaugesOf(metrics) };
}

/** What a scrape has of the dependencies: Postgres, RabbitMQ, whether it blocks. */
async function gaugesOf(metrics: Metrics): Promise<readonly number[]> {
  const text = await metrics.metricsText();
  const names = ['dependency_up{dependency="postgres",', 'dependency_up{dependency="rabbitmq",', 'broker_blocked{'];
  return names.map((name) => Number(text.split(`\nreprise_${name}service="trigger"} `)[1]?.split('\n')[0]));
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
    await expect(connectBackends(given.backends)).rejects.toMatchObject({ code: 'DATABASE_REFUSED', cause: { code } });
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

  test('shows on its metrics which dependency answers, and whether the broker takes messages', async () => {
    const given = scripted([absent('ECONNREFUSED')]);
    const connecting = connectBackends(given.backends);
    expect(await given.shown()).toEqual([0, 0, 0]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await given.shown()).toEqual([1, 0, 0]);
    given.brokerIsThere();
    await connecting;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await given.shown()).toEqual([1, 1, 0]);
    given.turns.database(false);
    given.turns.broker({ kind: 'blocked', reason: 'low on memory' });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(await given.shown()).toEqual([0, 0, 1]);
    given.turns.database(true);
    given.turns.broker({ kind: 'connected' });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await given.shown()).toEqual([1, 1, 0]);
    given.stopping.abort();
    expect(jest.getTimerCount()).toBe(0);
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
