import { describe, expect, test } from '@jest/globals';
import { failWith, fatesFrom, Interpreter, type SimulatedHandler, succeedWith } from '@reprise/testing';
import fc from 'fast-check';
import { explainWhy } from '../../retry/index.js';

const wide = (max: number, per: string, more = '') =>
  `workflow: w\ntasks: { all: { forEach: '\${{ input }}', call: x.a, rateLimit: { max: ${max}, per: ${per} }${more} } }`;
const list = (length: number) => Array.from({ length }, (_, index) => index);
const most = (starts: readonly number[], perMs: number): number =>
  Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + perMs).length));

describe('a rate limit', () => {
  test('lets no more attempts start in any span than it says, and uses what it may', () => {
    const run = Interpreter.of(wide(10, '1s'), { input: list(50) }).toRest();
    expect(run.run.status).toBe('succeeded');
    expect(most(run.rateStarts, 1_000)).toBe(10);
    expect(run.rateStarts).toHaveLength(50);
    expect((run.run.endedAt ?? 0) - (run.run.startedAt ?? 0)).toBeLessThan(6_000);
  });

  test('counts retries too, but no failure, no attempt and no wait of its own', () => {
    const handler: SimulatedHandler = ({ failures }) => (failures === 0 ? failWith('A') : succeedWith({}));
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { call: x, rateLimit: { max: 1, per: 1m }, retry: { initialInterval: 0s } } }',
      {
        handler,
      },
    );
    run.advance(10_000);
    expect(run.task('a')).toMatchObject({ status: 'retrying', attempt: 2, memory: { failures: 1, holds: 1 } });
    expect(run.task('a')?.why).toMatchObject({ hold: 'RATE_LIMIT', before: { reason: 'failure', attempt: 1 } });
    run.toRest();
    expect(run.task('a')).toMatchObject({ status: 'succeeded', attempt: 2, why: { reason: 'failure', attempt: 1 } });
    expect(run.rateStarts[1]! - run.rateStarts[0]!).toBeGreaterThanOrEqual(60_000);
  });

  test('says so in words', () => {
    const run = Interpreter.of(wide(1, '1m'), { input: list(2) }).advance(1_000);
    const why = run.task('all[1]')?.why;
    expect(why === undefined || why === null ? null : explainWhy(why)).toMatch(
      /^put back uncounted, waits .*: its rate limit allows no start before \(RATE_LIMIT\); hold 1$/,
    );
  });

  test('is counted as held once, however often it comes back too early', () => {
    const late = { input: list(40), fates: fatesFrom(list(400).map((step) => (step % 5) + 1)) };
    const run = Interpreter.of(wide(3, '1s'), late).toRest();
    const holds = run.decisions
      .flatMap(({ decision }) => decision.facts)
      .filter((fact) => fact.kind === 'retry' && fact.reason === 'RATE_LIMIT');
    const held = [...run.ledger.tasks.values()].filter(({ memory }) => (memory?.holds ?? 0) > 0);
    expect(holds.length).toBe(held.reduce((sum, { memory }) => sum + (memory?.holds ?? 0), 0));
  });

  test('counts by its key, where it has one; calls of another key do not wait', () => {
    const run = Interpreter.of(wide(1, '1h').replace('max:', 'key: each.value, max:'), { input: ['a', 'b', 3] }).advance(1_000);
    expect(run.rateStarts).toHaveLength(3);
  });

  test.each([
    ['a key that is no text', 'input.list', 'rateLimit.key of a must be text of 1 to 512 characters or a number, got []'],
    ['a key that cannot be rendered', 'input.none.at', ''],
  ])('fails the task for %s', (_, key, message) => {
    const document = `workflow: w\ntasks: { first: { transform: 1 }, a: { needs: [first], call: x, rateLimit: { key: ${key}, max: 1, per: 1s } } }`;
    const run = Interpreter.of(document, { input: { list: [] } }).toRest();
    expect(run.task('a')).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION' } });
    expect(run.task('a')?.error?.message).toContain(message);
  });

  test('does not make an attempt wait past its total time', () => {
    const run = Interpreter.of(wide(1, '1h', ', timeout: { attempt: 1s, total: 10s }, onError: continue'), {
      input: list(2),
    }).toRest();
    expect(run.task('all[1]')).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', details: { kind: 'total' } } });
    expect((run.task('all[1]')?.endedAt ?? 0) - (run.run.startedAt ?? 0)).toBeLessThan(11_000);
  });

  test('asks for all items of a batch together', () => {
    const run = Interpreter.of(
      `workflow: w
tasks:
  - { id: first, sleep: 1s }
  - { id: all, forEach: '\${{ input }}', call: x.a, rateLimit: { max: 100, per: 1s } }`,
      { input: list(100) },
    ).toRest();
    expect([run.run.status, run.wants < 12]).toEqual(['succeeded', true]);
  });

  test('holds whatever becomes of messages, executors and schedulers', () => {
    const tapes = fc.array(fc.nat({ max: 1_000 }), { maxLength: 200, size: 'max' });
    fc.assert(
      fc.property(tapes, fc.integer({ min: 1, max: 4 }), (tape, max) => {
        const run = Interpreter.of(wide(max, '2s', ', retry: { maximumLost: 100 }'), {
          input: list(12),
          fates: fatesFrom(tape),
        }).toRest();
        expect(most(run.rateStarts, 2_000)).toBeLessThanOrEqual(max);
        expect(run.run.status).toBe('succeeded');
      }),
    );
  });
});
