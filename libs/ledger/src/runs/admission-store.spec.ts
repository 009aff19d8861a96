import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type AdmissionRequest, fence, NO_CALLS, type RunId, runId, versionId } from '@reprise/core';
import { systemClock } from '@reprise/service';
import { TestDatabase } from '@reprise/testing';
import { AdmissionStore } from './admission-store.js';
import { DependencyStore } from './dependency-store.js';

const POLICY = {
  breaker: {
    failurePercent: 50,
    minimumCalls: 4,
    windowMs: 30_000,
    openMs: 60_000,
    longestOpenMs: 60_000,
    canaries: 1,
    canaryMs: 30_000,
  },
  budget: null,
};
const version = versionId(systemClock.uuid());
const someRun = (): RunId => runId(systemClock.uuidv7());

let db: TestDatabase;
beforeAll(async () => {
  db = await TestDatabase.create(10);
});
beforeEach(() => db.query('delete from reprise.place'));
afterAll(() => db.end());

const request = (at: string, more: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  node: 0,
  at,
  fence: fence(1),
  rate: null,
  dependency: null,
  place: { call: 'pay', limit: 2 },
  waited: null,
  unit: 0.5,
  ...more,
});

const ask = (run: RunId, requests: readonly AdmissionRequest[]) =>
  db.database.transaction((session) => new AdmissionStore(session).ask({ run, version }, requests, POLICY, Date.now()));
const release = (run: RunId, at: string) =>
  db.database.transaction((session) => new AdmissionStore(session).release([{ run, node: 0, at }]));
const kinds = async (answers: ReturnType<typeof ask>) => (await answers).map(({ kind }) => kind);

describe('places of a handler', () => {
  test('are taken by as many as there are, over all runs, and by each once', async () => {
    const [a, b] = [someRun(), someRun()];
    expect(await kinds(ask(a, [request('0')]))).toEqual(['now']);
    expect(await kinds(ask(b, [request('0'), request('1')]))).toEqual(['now', 'later']);
    expect(await kinds(ask(a, [request('0')]))).toEqual(['now']);
    expect(await kinds(ask(a, [request('9', { place: { call: 'other', limit: 1 } })]))).toEqual(['now']);
  });

  test('of thirty that ask at the same time are as many taken as there are', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(someRun(), [request('0')])));
    expect(answers.flat().filter(({ kind }) => kind === 'now')).toHaveLength(2);
  });

  test('go to those who have waited longest, who are told under the fence they wait with', async () => {
    const [a, b, c] = [someRun(), someRun(), someRun()];
    await ask(a, [request('0'), request('1')]);
    await ask(b, [request('0', { fence: fence(7) })]);
    await ask(c, [request('0')]);
    expect(await release(a, '0')).toEqual([{ run: b, version, node: 0, at: '0', fence: 8 }]);
    // It holds its place already when it asks.
    expect(await kinds(ask(b, [request('0', { fence: fence(8) })]))).toEqual(['now']);
    expect(await release(a, '1')).toMatchObject([{ run: c }]);
    expect(await release(b, '0')).toEqual([]);
  });

  test('that are given up while waiting go to nobody, and are not given twice', async () => {
    const [a, b, c] = [someRun(), someRun(), someRun()];
    await ask(a, [request('0'), request('1')]);
    await ask(b, [request('0')]);
    await ask(c, [request('0')]);
    expect(await release(b, '0')).toEqual([]);
    expect(await release(a, '0')).toMatchObject([{ run: c }]);
    expect(await release(a, '0')).toEqual([]);
  });

  test('are not kept by one that its rate holds back', async () => {
    const rate = { key: `k-${someRun()}`, max: 1, perMs: 60_000 };
    const [a, b] = [someRun(), someRun()];
    expect(await kinds(ask(a, [request('0', { rate }), request('1', { rate })]))).toEqual(['now', 'later']);
    expect(await kinds(ask(b, [request('0')]))).toEqual(['now']);
  });

  test('of tasks that nobody knows any more are given back with the house work', async () => {
    await ask(someRun(), [request('0'), request('1')]);
    await new AdmissionStore(db.database).purge();
    expect(await db.query('select call from reprise.place')).toEqual([]);
  });
});

describe('a dependency', () => {
  const depending = (name: string) => request('0', { place: null, dependency: { name, isRetry: false } });

  test('is counted by all together, opens for all, and is opened and closed by hand', async () => {
    const store = new DependencyStore(db.database);
    const failed = new Map([['bank', { ...NO_CALLS, calls: 2, failures: 2, code: 'http.503' }]]);
    await store.count(failed, POLICY);
    expect([...(await store.troubled())]).toEqual([]);
    await store.count(failed, POLICY);
    expect([...(await store.troubled())]).toEqual(['bank']);
    expect(await ask(someRun(), [depending('bank')])).toMatchObject([{ kind: 'later', hold: 'BREAKER_OPEN' }]);
    expect(await store.close('bank')).toBe(true);
    expect(await ask(someRun(), [depending('bank')])).toEqual([{ kind: 'now', as: 'canary' }]);
    expect(await ask(someRun(), [depending('bank')])).toMatchObject([{ kind: 'later' }]);
    expect([await store.open('bank', 'by hand'), await store.open('bank', 'by hand')]).toEqual([true, false]);
    expect(await store.find('bank')).toMatchObject({ breaker: { state: 'open', until: null, cause: 'by hand' } });
    expect(await store.close('unheard-of')).toBe(false);
    expect((await store.list()).map(({ name }) => name)).toContain('bank');
  });

  test('that is asked for at the same time lets as many canaries through as it says', async () => {
    const store = new DependencyStore(db.database);
    await store.open('mail', 'x');
    await store.close('mail');
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(someRun(), [depending('mail')])));
    expect(answers.flat().filter(({ kind }) => kind === 'now')).toHaveLength(1);
  });

  test('is forgotten when it is well and nobody has heard of it for days', async () => {
    const store = new DependencyStore(db.database);
    await store.count(new Map([['old', { ...NO_CALLS, calls: 1 }]]), POLICY);
    await store.open('shut', 'x');
    await db.query(`update reprise.dependency set updated_at = now() - interval '3 days'`);
    await new AdmissionStore(db.database).purge();
    const names = (await store.list()).map(({ name }) => name);
    expect([names.includes('old'), names.includes('shut')]).toEqual([false, true]);
  });
});
