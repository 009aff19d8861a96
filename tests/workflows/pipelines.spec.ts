import { describe, expect, test } from '@jest/globals';
import { instantText, listInstants, parseDocument, type ScheduleTrigger, timetableOf } from '@reprise/core';
import { answering, type ChildFate, failWith, succeedWith } from '@reprise/testing';
import { begin, calls, DAY, given, MINUTE, play, SECOND, textOf, tookMs } from './play.js';

describe('a pipeline of workflows', () => {
  const input = { commit: 'abc', platforms: ['linux', 'mac', 'windows'] };
  const endingAfter = (output: object, afterMs: number): ChildFate => ({ kind: 'succeeds', output: { ...output }, afterMs });
  const broken: ChildFate = { kind: 'fails', error: { code: 'RED', message: 'two tests fail', task: 'unit' }, afterMs: SECOND };
  const STAGES: Readonly<Record<string, ChildFate>> = {
    'build-image': endingAfter({ image: 'i1' }, 5 * MINUTE),
    'publish-image': endingAfter({ url: 'https://i1' }, SECOND),
  };
  const world =
    (more: Readonly<Record<string, ChildFate>> = {}) =>
    ({ path, workflow }: { readonly path: string; readonly workflow: string }): ChildFate =>
      more[path] ?? STAGES[workflow] ?? endingAfter({}, 10 * MINUTE);

  test('starts each stage as a run of its own, with the version that is asked for and what the stage before gave', () => {
    const run = play('sub-workflows', { input, workflows: world() });
    expect(run.output).toBe('https://i1');
    expect(run.children.map(({ path, workflow, version }) => [path, workflow, version])).toEqual([
      ['build', 'build-image', null],
      ['verify[0]', 'test-platform', '2.0.0'],
      ['verify[1]', 'test-platform', '2.0.0'],
      ['verify[2]', 'test-platform', '2.0.0'],
      ['publish', 'publish-image', null],
    ]);
    expect(run.children[2]?.input).toEqual({ image: 'i1', platform: 'mac' });
    expect(calls(run)).toEqual([]);
  });

  test('runs the children of a list side by side', () => {
    const run = play('sub-workflows', { input, workflows: world() });
    expect(tookMs(run)).toBeGreaterThanOrEqual(15 * MINUTE);
    expect(tookMs(run)).toBeLessThan(16 * MINUTE);
  });

  test('goes on over a child that failed where it may, and knows which', () => {
    const run = play('sub-workflows', { input, workflows: world({ 'verify[1]': broken }) });
    expect([run.run.status, run.children.at(-1)?.input]).toEqual(['succeeded', { image: 'i1', broken: 1 }]);
  });

  test('fails with the code of its child, cancels the other children, and starts no later stage', () => {
    const run = play('sub-workflows', { input, workflows: world({ 'verify[1]': broken, 'verify[2]': broken }) });
    expect(run.run.status).toBe('failed');
    expect(run.run.error).toMatchObject({ code: 'RED', task: expect.stringMatching(/^verify\[[12]\]$/) });
    expect([run.statusOf('verify[0]'), run.statusOf('publish'), run.children.length]).toEqual(['cancelled', 'skipped', 4]);
    expect(tookMs(run)).toBeLessThan(6 * MINUTE);
  });

  test('that is cancelled ends when its children have', () => {
    const run = begin('sub-workflows', { input, workflows: world() }).advance(MINUTE);
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([run.run.status, run.statusOf('build')]).toEqual(['cancelled', 'cancelled']);
    expect(run.messages.filter(({ kind }) => kind === 'cancel-child')).toHaveLength(1);
  });
});

describe('a nightly job', () => {
  const etl = (more: Parameters<typeof answering>[0] = {}, scheduledFor = Date.UTC(2026, 0, 1, 1, 30)) =>
    play('nightly-etl', {
      input: { from: null, until: instantText(scheduledFor) },
      origin: { scheduledFor },
      handler: answering({
        'shop.extract': ({ path }) => succeedWith({ file: `${path}.csv` }),
        'warehouse.transform': succeedWith({ file: 'joined.csv' }),
        'warehouse.load': succeedWith({ rows: 12 }),
        ...more,
      }),
    });

  function trigger(): ScheduleTrigger {
    const parsed = parseDocument(textOf('nightly-etl'));
    const found = parsed.kind === 'ok' ? parsed.workflow.triggers[0] : undefined;
    if (found?.kind !== 'schedule') throw new Error(JSON.stringify(parsed));
    return found;
  }
  const nights = (from: string, until: string) =>
    listInstants(timetableOf(trigger()), Date.parse(from), Date.parse(until), 1_000).map(instantText);

  test('is scheduled by the clock on the wall, catches up every night that was missed, one after the other', () => {
    expect(trigger()).toMatchObject({
      id: 'nightly',
      timing: { kind: 'cron', expression: '30 2 * * *' },
      timezone: 'Europe/Berlin',
      catchUp: 'all',
      overlap: 'queue',
    });
  });

  test('is filled in for a week of the past with one run a night', () => {
    const week = nights('2026-01-05T00:00:00Z', '2026-01-12T00:00:00Z');
    expect(week).toHaveLength(7);
    expect([week[0], week[6]]).toEqual(['2026-01-05T01:30:00Z', '2026-01-11T01:30:00Z']);
    const days = week.map((night) => given(etl({}, Date.parse(night)), 'join'));
    expect(days).toMatchObject(week.map((day) => ({ day })));
  });

  test('misses no night and doubles none when the clocks change', () => {
    expect(nights('2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z')).toEqual([
      '2026-03-28T01:30:00Z',
      // There is no half past two that night: the clocks go from two to three.
      '2026-03-29T01:00:00Z',
      '2026-03-30T00:30:00Z',
    ]);
    expect(nights('2026-10-24T00:00:00Z', '2026-10-27T00:00:00Z')).toHaveLength(3);
    const year = nights('2025-12-31T23:00:00Z', '2026-12-31T23:00:00Z');
    expect(year).toHaveLength(365);
    const gaps = year.slice(1).map((night, before) => Date.parse(night) - Date.parse(year[before] ?? ''));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(DAY + 60 * MINUTE);
  });

  test('reads its tables side by side, and loads what was joined of both', () => {
    const run = etl();
    expect(calls(run)).toEqual(['orders', 'customers', 'join', 'load']);
    expect(given(run, 'join')).toEqual({ orders: 'orders.csv', customers: 'customers.csv', day: '2026-01-01T01:30:00Z' });
    expect(run.output).toEqual({ rows: 12 });
  });

  test('tries again with waits that grow up to the longest, and rings nobody if that helps', () => {
    const run = etl({ 'warehouse.load': ({ failures }) => (failures < 3 ? failWith('DB_DOWN') : succeedWith({ rows: 12 })) });
    expect(run.attemptsOf('load').map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed', 'succeeded']);
    // 1 min, 2 min, then 3 instead of 4.
    expect(tookMs(run)).toBeGreaterThanOrEqual(6 * MINUTE);
    expect(tookMs(run)).toBeLessThan(6 * MINUTE + 5 * SECOND);
    expect(calls(run)).not.toContain('onFailure.page');
  });

  test('rings when it has tried often enough, and says where it failed', () => {
    const run = etl({ customers: failWith('DB_DOWN') });
    expect([run.task('customers')?.attempt, run.task('orders')?.attempt]).toEqual([4, 1]);
    expect(given(run, 'onFailure.page')).toEqual({ task: 'customers', code: 'DB_DOWN' });
    expect([run.run.status, run.statusOf('load')]).toEqual(['failed', 'skipped']);
  });

  test('does not try again what no retry can mend', () => {
    const run = etl({ 'warehouse.transform': failWith('BAD_SCHEMA', { retryable: true }) });
    expect([run.task('join')?.attempt, calls(run).at(-1)]).toEqual([1, 'onFailure.page']);
  });
});
