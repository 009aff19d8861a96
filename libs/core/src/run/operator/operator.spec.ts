import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';
import type { JsonText } from '../../json.js';
import type { Input } from '../state/input.js';

const retryNow = (run: Interpreter, path: string): Input => {
  const { node, at } = run.task(path)!;
  return { kind: 'retry-now', node, at, by: 'ann' };
};

const resolve = (
  run: Interpreter,
  path: string,
  fields: Partial<Extract<Input, { kind: 'resolve' }>> & { outcome: 'succeeded' | 'failed' | 'retry' },
): Input => {
  const { node, at } = run.task(path)!;
  return { kind: 'resolve', node, at, output: null, reason: null, by: 'ann', ...fields };
};

describe('retry-now', () => {
  test('ends the wait of a task at once, says who asked, and spends no budget', () => {
    let failures = 1;
    const handler = () => (failures-- > 0 ? failWith('BUSY') : succeedWith('ok'));
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: a, retry: { initialInterval: 1h, jitter: none } } }', {
      handler,
    });
    run.advance(1_000).send(retryNow(run, 'a')).advance(1_000);
    expect(run.task('a')).toMatchObject({ status: 'succeeded', attempt: 2, memory: { failures: 1 } });
    expect(run.task('a')?.why).toEqual({ reason: 'operator', askedBy: 'ann', attempt: 2 });
    expect(run.decide([retryNow(run, 'a')]).applied).toEqual(['stale']);
  });

  test('ends that of a group too', () => {
    let failures = 1;
    const handler = () => (failures-- > 0 ? failWith('BUSY', { retryable: false }) : succeedWith('ok'));
    const document =
      'workflow: w\ntasks: { g: { retry: { initialInterval: 1h, jitter: none }, tasks: { a: { call: a, retry: { maximumAttempts: 1 } } } } }';
    const run = Interpreter.of(document, { handler }).advance(1_000);
    expect(run.statusOf('g')).toBe('retrying');
    const { node, at } = run.task('g')!;
    run.send({ kind: 'retry-now', node, at, by: null }).advance(1_000);
    expect([run.run.status, run.task('g[2].a')?.status]).toEqual(['succeeded', 'succeeded']);
    expect(run.task('g')?.why).toEqual({ reason: 'operator', askedBy: 'an operator', attempt: 2 });
  });

  test('is stale for a task that never was', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { sleep: 1h } }').advance(1);
    expect(run.decide([{ kind: 'retry-now', node: 0, at: '7', by: null }]).applied).toEqual(['stale']);
    expect(run.decide([retryNow(run, 'a')]).applied).toEqual(['stale']);
  });
});

describe('resolve', () => {
  const parked = (extra = '', fates = ORDERLY) =>
    Interpreter.of(
      `workflow: w
tasks:
  - { id: a, call: a, retry: { maximumAttempts: 1, onExhausted: park }, ${extra} }
  - { id: b, transform: "\${{ tasks.a.output }}" }
output: "\${{ tasks.b.output }}"`,
      { handler: answering({ a: failWith('NO') }), fates, limits: { maxOutputBytes: 100 } },
    ).toRest();

  test('succeeded goes on with the output that was given, null if none was', () => {
    const run = parked();
    run.send(resolve(run, 'a', { outcome: 'succeeded', output: '{"seen":true}' as JsonText })).toRest();
    expect([run.run.status, run.output]).toEqual(['succeeded', { seen: true }]);
    const bare = parked();
    expect(bare.send(resolve(bare, 'a', { outcome: 'succeeded' })).toRest().output).toBeNull();
  });

  test('an output larger than one may be changes nothing', () => {
    const run = parked();
    const large = JSON.stringify('x'.repeat(200)) as JsonText;
    expect(run.decide([resolve(run, 'a', { outcome: 'succeeded', output: large })]).applied).toEqual(['stale']);
  });

  test('failed ends it with who said so, why, and what it was parked for', () => {
    const run = parked();
    run.send(resolve(run, 'a', { outcome: 'failed', reason: 'the bank says no' })).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'RESOLVED', task: 'a' } });
    expect(run.task('a')?.error).toEqual({
      code: 'RESOLVED',
      message: 'ann resolved it as failed: the bank says no',
      details: {
        by: 'ann',
        reason: 'the bank says no',
        parked: { code: 'NO', message: 'NO happened', details: null, task: null },
      },
    });
    const nobody = parked();
    nobody.send(resolve(nobody, 'a', { outcome: 'failed', by: null })).toRest();
    expect(nobody.task('a')?.error?.message).toBe('an operator resolved it as failed');
  });

  test('retry makes another attempt with a fresh memory, and a fresh total time', () => {
    const run = parked('timeout: { total: 1m }').advance(600_000);
    run.send(resolve(run, 'a', { outcome: 'retry' })).toRest();
    expect(run.task('a')).toMatchObject({ status: 'parked', attempt: 2, memory: { failures: 1 } });
    expect(run.attemptsOf('a').map(({ attempt, why }) => [attempt, why?.reason ?? null])).toEqual([
      [1, null],
      [2, 'operator'],
    ]);
    run.send(resolve(run, 'a', { outcome: 'retry', by: null })).advance(1);
    expect(run.task('a')?.why).toEqual({ reason: 'operator', askedBy: 'an operator', attempt: 3 });
  });

  test('is stale for what is not parked', () => {
    const run = parked();
    run.send(resolve(run, 'a', { outcome: 'succeeded' })).toRest();
    const late = Interpreter.of('workflow: w\ntasks: { a: { sleep: 1h } }').advance(1);
    expect(late.decide([resolve(late, 'a', { outcome: 'retry' })]).applied).toEqual(['stale']);
  });

  test('ends a doubt: what a person says has failed is not undone, what they have tried again still is', () => {
    const document = `workflow: w
tasks:
  - { id: a, call: a, retry: { maximumLost: 1 }, compensate: { call: undo } }
  - { id: b, fail: { code: X } }`;
    const lost = (attempts: number) => {
      let taken = 0;
      return Interpreter.of(document, {
        fates: { ...ORDERLY, attempt: () => (taken++ < attempts ? 'dies' : 'prompt') },
      }).toRest();
    };
    const failed = lost(1);
    expect(failed.task('a')).toMatchObject({ status: 'parked', memory: { doubt: true } });
    failed.send(resolve(failed, 'a', { outcome: 'failed' })).toRest();
    expect([failed.run.status, failed.task('a:compensate')]).toEqual(['failed', null]);
    const again = lost(2);
    again.send(resolve(again, 'a', { outcome: 'retry' })).toRest();
    expect(again.task('a')?.memory).toMatchObject({ lost: 1, doubt: true });
    again.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([again.run.status, again.statusOf('a:compensate')]).toEqual(['cancelled', 'succeeded']);
  });

  test('ends a compensation that never came to an attempt, for its expression failed', () => {
    const run = Interpreter.of(`workflow: w
tasks:
  - { id: a, call: a, compensate: { call: undo, with: { n: "\${{ tasks.a.output.none.deeper }}" } } }
  - { id: b, fail: { code: X } }`).toRest();
    expect(run.task('a:compensate')).toMatchObject({ status: 'parked', memory: null, error: { code: 'EXPRESSION' } });
    run.send(resolve(run, 'a:compensate', { outcome: 'failed', reason: 'undone by hand' })).toRest();
    expect(run.task('a:compensate')).toMatchObject({ status: 'failed', memory: null });
    expect(run.run.status).toBe('failed');
  });
});
