import { describe, expect, test } from '@jest/globals';
import { Interpreter, type InterpreterOptions, ORDERLY } from '@reprise/testing';

const MINUTE = 60_000;
const of = (text: string, options: InterpreterOptions = {}) => Interpreter.of(`workflow: w\ntasks:\n${text}`, options);
const timedOut = { code: 'TIMEOUT', details: { kind: 'total' } };
const lasted = (run: Interpreter, path: string) => (run.task(path)?.endedAt ?? 0) - (run.task(path)?.createdAt ?? 0);

describe('the `timeout` of a child run', () => {
  const CHILD = '  ship: { workflow: shipping, timeout: 10m }';
  const after = (afterMs: number, ignoresCancel = false) => ({
    workflows: () => ({ kind: 'succeeds', output: 1, afterMs, ignoresCancel }) as const,
  });

  test('has it cancelled and awaited, then the task fails with TIMEOUT', () => {
    const run = of(CHILD.replace('10m', '7m'), after(60 * MINUTE)).toRest();
    const { progress, error } = run.task('ship') ?? {};
    const id = progress?.kind === 'child' ? progress.run : '';
    expect(error).toEqual({
      code: 'TIMEOUT',
      message: `ship: its total time is over; run ${id} was cancelled`,
      details: { kind: 'total', run: id },
    });
    expect(run.messages.filter(({ kind }) => kind === 'cancel-child')).not.toHaveLength(0);
    expect(Math.floor(lasted(run, 'ship') / MINUTE)).toBe(7);
  });

  test('is no business of one that ends in time, nor of one that ends well although it was asked to stop', () => {
    expect(of(CHILD, after(9 * MINUTE)).toRest().run.status).toBe('succeeded');
    const late = of(CHILD, after(15 * MINUTE, true)).toRest();
    expect([late.run.status, late.outputOf('ship')]).toEqual(['succeeded', 1]);
  });

  test('does not hide how a child ended before anybody looked', () => {
    const run = of(CHILD, {
      workflows: () => ({ kind: 'fails', error: { code: 'NO', message: 'no' }, afterMs: 9 * MINUTE }),
    }).advance(1_000);
    run
      .send({ kind: 'pause', by: null })
      .advance(20 * MINUTE)
      .send({ kind: 'resume', by: null })
      .toRest();
    expect(run.task('ship')?.error?.code).toBe('NO');
  });

  test('ends a task whose child was never started', () => {
    const run = of(CHILD.replace('10m', '30s'), { fates: { ...ORDERLY, message: () => 'lost' } }).advance(2 * MINUTE);
    expect([run.task('ship')?.error, run.children]).toMatchObject([timedOut, []]);
    expect(lasted(run, 'ship')).toBeGreaterThanOrEqual(30_000);
  });

  test('is overtaken by a cancel', () => {
    const run = of(CHILD, after(60 * MINUTE, true)).advance(11 * MINUTE);
    expect(run.task('ship')).toMatchObject({ status: 'waiting', progress: { timedOut: true } });
    run.send({ kind: 'cancel', reason: null, by: null });
    expect(run.toRest().run.status).toBe('cancelled');
    const failing = of(CHILD, {
      workflows: () => ({ kind: 'fails', error: { code: 'NO', message: 'no' }, afterMs: 20 * MINUTE, ignoresCancel: true }),
    }).advance(11 * MINUTE);
    expect(failing.send({ kind: 'cancel', reason: null, by: null }).toRest().statusOf('ship')).toBe('cancelled');
  });

  test('by an expression that is no duration fails the task, and no run is started', () => {
    const run = of('  ship: { workflow: shipping, timeout: "${{ input }}" }', { input: 10 }).toRest();
    expect([run.task('ship')?.error?.message, run.children]).toEqual([
      'timeout of ship must be text with a duration longer than 0, such as "30m", got 10',
      [],
    ]);
  });
});
