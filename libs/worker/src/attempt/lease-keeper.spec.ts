import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Outcome } from '@reprise/core';
import { toJsonText } from '@reprise/core';
import type { Claimed, ClaimStore, Renewal } from '@reprise/ledger';
import { silentLogger, systemClock } from '@reprise/service';
import { claimedOf, newTicket } from '../../test/attempts.js';
import { Heartbeat } from './heartbeat.js';
import { LeaseKeeper, type StopReason } from './lease-keeper.js';
import { SecretMask } from './redact-secrets.js';

const LEASE_MS = 15_000;
const DONE: Outcome = { kind: 'succeeded', output: toJsonText(1) };

type Answer = 'alive' | 'gone' | 'cancelling' | 'away' | 'hangs' | 'refuses outcomes';

/** A ledger that answers as it is told, and remembers what it was asked. */
class ScriptedStore implements Pick<ClaimStore, 'renew'> {
  answer: Answer = 'alive';
  readonly statements: (readonly Renewal[])[] = [];
  /** Runs while a renewal is on its way. */
  meanwhile: () => void = () => undefined;
  readonly hanging: (() => void)[] = [];

  async renew(renewals: readonly Renewal[]): ReturnType<ClaimStore['renew']> {
    this.statements.push(renewals);
    this.meanwhile();
    if (this.answer === 'away') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    if (this.answer === 'refuses outcomes' && renewals.some(({ outcome }) => outcome !== null))
      throw Object.assign(new Error('invalid input syntax'), { code: '22P02' });
    if (this.answer === 'hangs') await new Promise<void>((resolve) => this.hanging.push(resolve));
    if (this.answer === 'gone') return [];
    const cancelling = this.answer === 'cancelling';
    return renewals.map(({ claim, run, node, at }) => ({ claim, address: { run, node, at }, cancelling }));
  }
}

let store: ScriptedStore;
let leases: LeaseKeeper;
let replaced = 0;

beforeEach(() => {
  jest.useFakeTimers();
  store = new ScriptedStore();
  replaced = 0;
  const onReplaced = (): void => {
    replaced += 1;
  };
  leases = new LeaseKeeper({ store, leaseMs: LEASE_MS, clock: systemClock, logger: silentLogger, onReplaced });
  leases.start();
});
afterEach(async () => {
  store.answer = 'alive';
  for (const end of store.hanging) end();
  await leases.close();
  jest.useRealTimers();
});

const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

function hold(): { readonly claimed: Claimed; readonly stops: StopReason[] } {
  const claimed = claimedOf(newTicket());
  const stops: StopReason[] = [];
  leases.hold(claimed, systemClock.monotonicMs(), (reason) => stops.push(reason));
  return { claimed, stops };
}

test('an outcome that nothing takes keeps neither the others nor itself from being renewed', async () => {
  store.answer = 'refuses outcomes';
  const all = Array.from({ length: 9 }, hold);
  const [bad, ...others] = all;
  leases.finish(bad!.claimed, DONE);
  for (let rounds = 0; rounds < 6; rounds += 1) {
    store.statements.length = 0;
    await pass(LEASE_MS / 3);
    const renewed = store.statements.filter((statement) => statement.every(({ outcome }) => outcome === null)).flat();
    expect(new Set(renewed.map(({ claim }) => claim))).toEqual(new Set(all.map(({ claimed }) => claimed.claim)));
  }
  expect(others.flatMap(({ stops }) => stops)).toEqual([]);
});

test('large outcomes do not all travel in one statement', async () => {
  const large: Outcome = { kind: 'succeeded', output: toJsonText('x'.repeat(3_000_000)) };
  for (let count = 0; count < 5; count += 1) leases.finish(hold().claimed, large);
  await pass(LEASE_MS / 3);
  expect(store.statements.map((statement) => statement.length)).toEqual([2, 2, 1]);
});

test('a heartbeat goes with the next renewal, the newest one only, and once', async () => {
  const { claimed } = hold();
  const beat = (done: number) => leases.beat(claimed, new Heartbeat(1_000 + done, { done }, new SecretMask([])));
  const shown = () => store.statements.map(([renewal]) => renewal?.heartbeat ?? null);
  const under = (done: number) => `{"fence":${claimed.fence},"at":${1_000 + done},"progress":{"done":${done}}}`;
  beat(1);
  beat(2);
  await pass(LEASE_MS / 3 - 1);
  expect(store.statements).toEqual([]);
  await pass(1);
  await pass(LEASE_MS / 3);
  expect(shown()).toEqual([under(2), null]);
  // One that comes while a renewal is on its way, or meets a ledger that is away, is for the next one.
  beat(3);
  store.meanwhile = () => {
    store.meanwhile = () => undefined;
    beat(4);
  };
  await pass(LEASE_MS / 3);
  store.answer = 'away';
  await pass(LEASE_MS / 3);
  store.answer = 'alive';
  await pass(LEASE_MS / 3);
  const later = shown().slice(2);
  expect(later[0]).toBe(under(3));
  expect(later.slice(1).filter((each) => each !== null).length).toBeGreaterThan(1);
  expect(new Set(later.slice(1).filter((each) => each !== null))).toEqual(new Set([under(4)]));
  await pass(LEASE_MS);
  expect(shown().at(-1)).toBeNull();
  // What is over says its outcome, and nothing else.
  beat(5);
  leases.finish(claimed, DONE);
  await pass(LEASE_MS / 3);
  expect(store.statements.at(-1)).toEqual([{ ...claimed, outcome: DONE }]);
});

describe('a lease', () => {
  test('is renewed when a third of it is over, and at every third from then on', async () => {
    const { claimed, stops } = hold();
    await pass(LEASE_MS / 3 - 1);
    expect(store.statements).toEqual([]);
    await pass(1);
    expect(store.statements).toEqual([[{ ...claimed, outcome: null }]]);
    await pass(LEASE_MS * 2);
    expect(store.statements.length).toBe(7);
    expect(stops).toEqual([]);
  });

  test('never gets older than half its length while the ledger answers, whenever it began', async () => {
    for (let began = 0; began < 10; began += 1) {
      hold();
      await pass(LEASE_MS / 10 + 7);
    }
    let oldest = 0;
    for (let step = 0; step < 300; step += 1) {
      const before = new Map(store.statements.flat().map(({ claim }) => [claim, step]));
      await pass(LEASE_MS / 60);
      expect(before.size).toBeLessThanOrEqual(10);
    }
    const perClaim = new Map<string, number>();
    for (const { claim } of store.statements.flat()) perClaim.set(claim, (perClaim.get(claim) ?? 0) + 1);
    oldest = (LEASE_MS * 5) / Math.min(...perClaim.values());
    expect(perClaim.size).toBe(10);
    expect(oldest).toBeLessThanOrEqual(LEASE_MS / 2);
  });

  test('counts from before the claim was sent: an answer that took long has used it up', async () => {
    const claimed = claimedOf(newTicket());
    const stops: StopReason[] = [];
    store.answer = 'away';
    leases.hold(claimed, systemClock.monotonicMs() - LEASE_MS, (reason) => stops.push(reason));
    await pass(LEASE_MS / 6);
    expect(stops).toContain('lost');
  });

  test('that came and went costs no statement', async () => {
    for (let each = 0; each < 50; each += 1) {
      const { claimed } = hold();
      await pass(100);
      leases.abandon(claimed);
    }
    await pass(LEASE_MS);
    expect(store.statements).toEqual([]);
    expect(leases.size).toBe(0);
  });

  test('nothing is asked while nothing is held, and one statement renews all that are due', async () => {
    await pass(LEASE_MS);
    expect(store.statements).toEqual([]);
    for (let each = 0; each < 1_500; each += 1) hold();
    await pass(LEASE_MS / 3);
    expect(store.statements.map((sent) => sent.length)).toEqual([1_000, 500]);
  });
});

describe('an outcome', () => {
  test('that is known by the renewal is sent with it; then the lease is kept no longer', async () => {
    const { claimed, stops } = hold();
    leases.finish(claimed, DONE);
    await pass(LEASE_MS / 3);
    expect(store.statements).toEqual([[{ ...claimed, outcome: DONE }]]);
    expect(leases.size).toBe(0);
    await pass(LEASE_MS * 2);
    expect(store.statements.length).toBe(1);
    expect(stops).toEqual([]);
  });

  test('that comes while a renewal is on its way is sent with the next one', async () => {
    const { claimed } = hold();
    store.meanwhile = () => leases.finish(claimed, DONE);
    await pass(LEASE_MS / 3);
    expect(leases.size).toBe(1);
    await pass(LEASE_MS / 3);
    expect(store.statements.map(([sent]) => sent?.outcome)).toEqual([null, DONE]);
    expect(leases.size).toBe(0);
  });

  test('whose claim is gone has been acted on: it is forgotten, and nobody is stopped', async () => {
    const { claimed, stops } = hold();
    leases.finish(claimed, DONE);
    store.answer = 'gone';
    await pass(LEASE_MS / 3);
    expect(leases.size).toBe(0);
    expect(stops).toEqual([]);
    expect(replaced).toBe(0);
  });

  test('is written by close(); what still runs is not renewed, so that it is found lost soon', async () => {
    const finished = hold();
    hold();
    leases.finish(finished.claimed, DONE);
    await leases.close();
    expect(store.statements).toEqual([[{ ...finished.claimed, outcome: DONE }]]);
    await pass(LEASE_MS);
    expect(store.statements.length).toBe(1);
  });
});

describe('a handler', () => {
  test('whose claim is gone is stopped as lost', async () => {
    const { stops } = hold();
    store.answer = 'gone';
    await pass(LEASE_MS / 3);
    expect(stops).toEqual(['lost']);
    expect(leases.size).toBe(0);
    expect(replaced).toBe(1);
  });

  test('whose row says so is stopped as cancelled, and keeps its lease until it has answered', async () => {
    const { stops } = hold();
    store.answer = 'cancelling';
    await pass(LEASE_MS / 3);
    expect(stops).toEqual(['cancelled']);
    expect(leases.size).toBe(1);
  });

  test.each(['away', 'hangs'] as const)('is stopped as lost when the lease has ended while the database %s', async (answer) => {
    const { stops } = hold();
    store.answer = answer;
    await pass(LEASE_MS);
    expect(stops).toEqual([]);
    await pass(LEASE_MS / 6);
    expect(stops).toContain('lost');
  });

  test('keeps its lease through an absence of the database that is shorter than it', async () => {
    const { stops } = hold();
    store.answer = 'away';
    await pass(LEASE_MS * 0.8);
    expect(store.statements.length).toBeGreaterThanOrEqual(3);
    store.answer = 'alive';
    await pass(LEASE_MS * 3);
    expect(stops).toEqual([]);
  });

  test('is told of a cancel at once when a hint comes, if it is the one that is meant', () => {
    const { claimed, stops } = hold();
    const other = hold();
    leases.interrupt(claimed.claim, { ...claimed, at: '1' }, 'cancelled');
    expect(stops).toEqual([]);
    leases.interrupt(claimed.claim, claimed, 'cancelled');
    expect([stops, other.stops]).toEqual([['cancelled'], []]);
  });

  test('that is at work when all are stopped is told, and so is one that begins later; a finished one is not', () => {
    const working = hold();
    const finished = hold();
    leases.finish(finished.claimed, DONE);
    leases.stopAll('drain');
    expect([working.stops, finished.stops, hold().stops]).toEqual([['drain'], [], ['drain']]);
  });
});
