import { expect, test } from '@jest/globals';
import type { AttemptTicket } from '@reprise/contracts';
import { fence, runId, versionId } from '@reprise/core';
import { silentLogger } from '@reprise/service';
import { defineHandler } from '../handlers/define-handler.js';
import { WatchLimits } from './watch-limits.js';

const ticket = (more: Partial<AttemptTicket> = {}): AttemptTicket => ({
  run: runId('018f3c2e-0000-7000-8000-000000000001'),
  version: versionId('018f3c2e-0000-7000-8000-000000000002'),
  workflow: 'w',
  node: 0,
  at: '',
  path: 'pay',
  call: 'pay',
  attempt: 1,
  fence: fence(1),
  ...more,
});
const plain = defineHandler('pay', {}, () => 1);

async function watching(mode: 'named' | 'all' | 'off', ...troubled: readonly string[]): Promise<WatchLimits> {
  const limits = new WatchLimits({ store: { troubled: async () => new Set(troubled) }, mode, logger: silentLogger });
  await limits.look();
  return limits;
}

test('an attempt of a dependency whose breaker is open is sent back, unless the ledger has let it through', async () => {
  const limits = await watching('named', 'bank');
  expect(limits.holdOf(ticket({ dependency: 'bank' }), plain)).toBe('BREAKER_OPEN');
  expect(limits.holdOf(ticket({ dependency: 'bank', admitted: true }), plain)).toBeNull();
  expect(limits.holdOf(ticket({ dependency: 'mail' }), plain)).toBeNull();
  expect(limits.holdOf(ticket({ call: 'bank' }), plain)).toBeNull();
});

test('where every handler is a dependency its name counts; where none is, nothing does', async () => {
  expect((await watching('all', 'pay')).holdOf(ticket(), plain)).toBe('BREAKER_OPEN');
  expect((await watching('all', 'http')).holdOf(ticket({ call: 'http' }), plain)).toBeNull();
  expect((await watching('off', 'bank')).holdOf(ticket({ dependency: 'bank' }), plain)).toBeNull();
});

test('an attempt of a handler with limits is sent back until the ledger has let it start', async () => {
  const limits = await watching('named');
  const few = defineHandler('pay', { concurrency: 2 }, () => 1);
  const slow = defineHandler('pay', { rateLimit: { max: 1, per: '1s' } }, () => 1);
  expect([limits.holdOf(ticket(), few), limits.holdOf(ticket(), slow)]).toEqual(['CONCURRENCY', 'RATE_LIMIT']);
  expect(limits.holdOf(ticket({ admitted: true }), few)).toBeNull();
});

test('what was known stays known while the ledger cannot be read', async () => {
  const answers = [async () => new Set(['bank']), () => Promise.reject(new Error('away'))];
  const store = { troubled: () => (answers.shift() ?? (async () => new Set<string>()))() };
  const limits = new WatchLimits({ store, mode: 'named', logger: silentLogger });
  await limits.look();
  await limits.look();
  expect(limits.holdOf(ticket({ dependency: 'bank' }), plain)).toBe('BREAKER_OPEN');
  await limits.look();
  expect(limits.holdOf(ticket({ dependency: 'bank' }), plain)).toBeNull();
});

test.each([
  [{ concurrency: 0 }, 'handler "pay": concurrency must be a whole number from 1 to 100000, got 0'],
  [{ concurrency: 1.5 }, 'handler "pay": concurrency must be a whole number from 1 to 100000, got 1.5'],
  [{ rateLimit: { max: 0, per: '1s' } }, 'handler "pay": rateLimit.max must be a whole number from 1 to 1000, got 0'],
  [{ rateLimit: { max: 1, per: '2d' } }, 'handler "pay": rateLimit.per must be a duration of at most 24h, such as 1s'],
  [{ rateLimit: { max: 1, per: 'soon' } }, /^handler "pay": rateLimit.per: /],
  [
    { rateLimit: { max: 1, per: '1s', key: 'x' } as { max: number; per: string } },
    /^handler "pay": rateLimit has no option "key"/,
  ],
])('a limit that cannot be is an error at boot: %j', (options, message) => {
  expect(() => defineHandler('pay', options, () => 1)).toThrow(message);
});
