import { expect, test } from '@jest/globals';
import { type CallTally, runId } from '@reprise/core';
import type { Member } from '@reprise/ledger';
import { readSettings, silentLogger } from '@reprise/service';
import type { Advanced } from '../advance/advanced.js';
import { TallyCalls } from '../advance/tally-calls.js';
import { policyOf, WatchGuards } from './watch-guards.js';

const settings = readSettings({}, 'scheduler');
const member = (limits: unknown): Member => ({ id: 'e', service: 'executor', info: { limits }, startedAt: 0, leaseUntil: 1 });

function guards(members: readonly Member[], troubled: readonly string[] = [], env: Record<string, string> = {}): WatchGuards {
  return new WatchGuards({
    dependencies: { troubled: async () => new Set(troubled) },
    members: { live: async () => members },
    settings: readSettings(env, 'scheduler'),
    logger: silentLogger,
  });
}

test('what live executors say of their handlers is known, the strictest where they differ', async () => {
  const watched = guards([
    member({ pay: { max: 10, perMs: 1_000, concurrency: 5 }, mail: { concurrency: 1 } }),
    member({ pay: { max: 300, perMs: 60_000, concurrency: 7 }, mail: { max: 2, perMs: 5 } }),
    member({ pay: 'no limit', other: { max: -1, perMs: 'x', concurrency: Number.NaN } }),
    member(undefined),
  ]);
  await watched.look();
  expect(watched.limitsOf('pay')).toEqual({ rate: { max: 300, perMs: 60_000 }, concurrency: 5 });
  expect(watched.limitsOf('mail')).toEqual({ rate: { max: 2, perMs: 5 }, concurrency: 1 });
  expect(watched.limitsOf('other')).toEqual({ rate: null, concurrency: null });
  expect(watched.limitsOf('unheard')).toBeNull();
});

test('limits are known as long as nobody hosts the handler without them: all of its executors may be starting anew', async () => {
  const limits = { pay: { concurrency: 5 }, mail: { concurrency: 1 } };
  const hosting = (handlers: readonly string[], said: unknown): Member => ({ ...member(said), info: { handlers, limits: said } });
  let live = [hosting(['pay', 'mail'], limits)];
  const watched = new WatchGuards({
    dependencies: { troubled: async () => new Set() },
    members: { live: async () => live },
    settings,
    logger: silentLogger,
  });
  await watched.look();
  live = [];
  await watched.look();
  expect([watched.limitsOf('pay')?.concurrency, watched.limitsOf('mail')?.concurrency]).toEqual([5, 1]);
  live = [hosting(['pay'], {})];
  await watched.look();
  expect([watched.limitsOf('pay'), watched.limitsOf('mail')?.concurrency]).toEqual([null, 1]);
});

const saying = (startedAt: number, handlers: unknown, retries: unknown): Member => ({
  id: 'e',
  service: 'executor',
  info: { handlers, retries },
  startedAt,
  leaseUntil: 1,
});

test('how handlers say that they are retried is known, of the executor that started last, and kept when it is gone', async () => {
  let live = [
    saying(2, ['pay', 'mail', 'odd'], { pay: { maximumLost: 2 }, odd: { maximumLost: 'twice' }, other: { maximumLost: 3 } }),
    saying(1, ['pay', 'mail'], { pay: { maximumLost: 9 }, mail: { maximumLost: 9 } }),
    saying(3, 'none', ['none']),
  ];
  const watched = new WatchGuards({
    dependencies: { troubled: async () => new Set() },
    members: { live: async () => live },
    settings,
    logger: silentLogger,
  });
  const known = () => ['pay', 'mail', 'odd', 'other', 'unheard'].map((call) => watched.retryOf(call));
  await watched.look();
  expect(known()).toEqual([{ maximumLost: 2 }, null, null, null, null]);
  live = [];
  await watched.look();
  expect(known()).toEqual([{ maximumLost: 2 }, null, null, null, null]);
});

test('whose breakers are not closed is known, unless nobody is to know', async () => {
  const watched = guards([], ['bank']);
  await watched.look();
  expect([watched.isTroubled('bank'), watched.isTroubled('mail')]).toEqual([true, false]);
  const off = guards([], ['bank'], { REPRISE_DEPENDENCIES: 'off' });
  await off.look();
  expect(off.isTroubled('bank')).toBe(false);
});

const facts = (...all: readonly object[]): readonly Advanced[] =>
  [{ run: { id: runId('018f3c2e-0000-7000-8000-000000000001') }, decision: { facts: all } }] as unknown as readonly Advanced[];
const call = (more: object) => ({ kind: 'call', dependency: 'bank', code: null, isFirst: true, released: null, ...more });

test('calls are added up until the ledger is told, and then forgotten; those nobody heard of are no calls', async () => {
  const told: ReadonlyMap<string, CallTally>[] = [];
  const calls = new TallyCalls({ count: async (tallies) => void told.push(tallies) }, policyOf(settings), silentLogger);
  await calls.tell();
  calls.add(
    facts(call({ answer: 'answered' }), call({ answer: 'failed', code: 'A', isFirst: false }), { kind: 'parked', node: 0 }),
  );
  calls.add(facts(call({ answer: 'unheard', released: '0:1' }), call({ answer: 'answered', dependency: 'mail' })));
  await calls.tell();
  await calls.tell();
  expect(told).toHaveLength(1);
  expect(told[0]?.get('bank')).toEqual({
    calls: 2,
    failures: 1,
    firsts: 1,
    code: 'A',
    passed: [{ key: '018f3c2e-0000-7000-8000-000000000001/0:1', answer: 'unheard' }],
  });
  expect(told[0]?.get('mail')).toMatchObject({ calls: 1, failures: 0 });
});

test('counts that cannot be written are dropped: they may have been', async () => {
  const calls = new TallyCalls({ count: () => Promise.reject(new Error('away')) }, policyOf(settings), silentLogger);
  calls.add(facts(call({ answer: 'answered' })));
  await calls.tell();
  await calls.tell();
});
