import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type SimulatedHandler, succeedWith } from '@reprise/testing';

const broken = failWith('BROKEN', { retryable: false });
const play = (tasks: string, handler: SimulatedHandler = answering({ 'x.broken': broken }), head = '') =>
  Interpreter.of(`workflow: w\n${head}\ntasks:\n${tasks}`, { handler }).toRest();

describe('needs', () => {
  test('what needs nothing starts at once, together', () => {
    const run = play('  a: { call: x.a }\n  b: { call: x.b }');
    expect(run.executor.claims.map(({ at }) => at - run.run.createdAt)).toEqual([1, 1]);
  });

  test('a join starts when all it needs has ended, not before', () => {
    const run = play(
      '  a: { call: x.a }\n  b: { call: x.slow }\n  c: { needs: [a, b], call: x.c }',
      answering({ 'x.slow': succeedWith({}, 5_000) }),
    );
    expect(run.task('c')?.createdAt).toBe(run.task('b')?.endedAt);
    expect(run.run.status).toBe('succeeded');
  });

  test('a diamond runs its end once', () => {
    const run = play(
      '  a: { call: x.a }\n  b: { needs: [a], call: x.b }\n  c: { needs: [a], call: x.c }\n  d: { needs: [b, c], call: x.d }',
    );
    expect(run.executor.claims.map(({ key }) => key)).toEqual(['0:', '1:', '2:', '3:']);
  });
});

describe('runWhen: succeeded, the default', () => {
  test('runs when one need was skipped and one was not', () => {
    const run = play("  a: { if: 'false', call: x.a }\n  b: { call: x.b }\n  c: { needs: [a, b], call: x.c }");
    expect([run.statusOf('a'), run.statusOf('b'), run.statusOf('c')]).toEqual(['skipped', 'succeeded', 'succeeded']);
  });

  test('is skipped when all it needs was skipped, and so is what follows; the run succeeds', () => {
    const run = play("  a: { if: 'false', call: x.a }\n  b: { needs: [a], call: x.b }\n  c: { needs: [b], call: x.c }");
    expect([run.statusOf('a'), run.statusOf('b'), run.statusOf('c'), run.run.status]).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'succeeded',
    ]);
  });

  test('is skipped after a failure', () => {
    const run = play('  a: { call: x.broken }\n  b: { needs: [a], call: x.b }');
    expect([run.statusOf('b'), run.run.status]).toEqual(['skipped', 'failed']);
  });
});

describe('runWhen: failed', () => {
  const tasks =
    '  a: { call: x.broken }\n  b: { call: x.b }\n  tell: { needs: [a, b], runWhen: failed, call: x.tell, with: { code: "${{ tasks.a.error.code }}" } }';

  test('runs once all it needs has ended and one has failed, sees the error, and does not save the run', () => {
    const run = play(tasks);
    expect(run.statusOf('tell')).toBe('succeeded');
    expect(run.task('tell')?.input).toBe('{"code":"BROKEN"}');
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'BROKEN', task: 'a' } });
  });

  test('is skipped when nothing it needs has failed', () => {
    expect(play('  a: { call: x.a }\n  tell: { needs: [a], runWhen: failed, call: x.tell }').statusOf('tell')).toBe('skipped');
  });

  test('runs after a failure that was continued', () => {
    const run = play('  a: { call: x.broken, onError: continue }\n  tell: { needs: [a], runWhen: failed, call: x.tell }');
    expect([run.statusOf('tell'), run.run.status]).toEqual(['succeeded', 'succeeded']);
  });

  test('is skipped when a run fails elsewhere', () => {
    const run = play(
      '  a: { call: x.broken }\n  b: { call: x.b }\n  tell: { needs: [b], runWhen: failed, call: x.tell }',
      (attempt) => (attempt.path === 'a' ? broken : succeedWith({}, 1)),
    );
    expect([run.statusOf('tell'), run.run.status]).toEqual(['skipped', 'failed']);
  });
});

describe('runWhen: done', () => {
  test.each(['x.broken', 'x.fine'])('runs however its need ended (%s)', (call) => {
    expect(play(`  a: { call: ${call} }\n  b: { needs: [a], runWhen: done, call: x.b }`).statusOf('b')).toBe('succeeded');
  });

  test('runs in a failing run, after what was cancelled has ended', () => {
    const run = play(
      '  a: { call: x.slow }\n  b: { call: x.broken }\n  tidy: { needs: [a], runWhen: done, call: x.tidy }',
      (attempt) => (attempt.call === 'x.slow' ? succeedWith({}, 60_000) : attempt.call === 'x.broken' ? broken : succeedWith({})),
    );
    expect([run.statusOf('a'), run.statusOf('b'), run.statusOf('tidy'), run.run.status]).toEqual([
      'cancelled',
      'failed',
      'succeeded',
      'failed',
    ]);
  });
});

describe('runWhen: anySucceeded', () => {
  const tasks = '  a: { call: x.a }\n  b: { call: x.b }\n  c: { needs: [a, b], runWhen: anySucceeded, call: x.c }';

  test('runs as soon as one has succeeded, while the other is still running', () => {
    const run = play(tasks, answering({ 'x.b': succeedWith({}, 60_000) }));
    expect(run.task('c')?.createdAt).toBe(run.task('a')?.endedAt);
    expect(run.task('c')?.endedAt).toBeLessThan(run.task('b')?.endedAt ?? 0);
    expect(run.run.status).toBe('succeeded');
  });

  test('is skipped when all have ended and none succeeded', () => {
    const run = play(tasks.replaceAll('call: x.', 'onError: continue, call: x.'), answering({ 'x.a': broken, 'x.b': broken }));
    expect(run.statusOf('c')).toBe('skipped');
  });
});

describe('a sequence', () => {
  const list = (items: readonly string[]) => items.map((item) => `  - { ${item} }`).join('\n');

  test('runs one after the other', () => {
    const run = play(list(['id: a, call: x.a', 'id: b, call: x.b', 'id: c, call: x.c']));
    expect(run.task('b')?.createdAt).toBe(run.task('a')?.endedAt);
    expect(run.task('c')?.createdAt).toBe(run.task('b')?.endedAt);
  });

  test('keeps its order with runWhen: anySucceeded too', () => {
    const run = play(
      list(['id: a, call: x.a', 'id: b, onError: continue, call: x.broken', 'id: c, runWhen: anySucceeded, call: x.c']),
    );
    expect(run.task('c')?.createdAt).toBe(run.task('b')?.endedAt);
    expect(run.statusOf('c')).toBe('succeeded');
  });

  test('counts a skipped item as done', () => {
    const run = play(list(["id: a, if: 'false', call: x.a", 'id: b, call: x.b']));
    expect([run.statusOf('a'), run.statusOf('b')]).toEqual(['skipped', 'succeeded']);
  });

  test.each(['', 'failFast: false'])('runs none of the items behind one that failed, however many are between (%s)', (head) => {
    const run = play(
      list(['id: a, call: x.broken', 'id: b, call: x.b', 'id: c, call: x.c', 'id: d, call: x.d']),
      undefined,
      head,
    );
    expect([run.statusOf('b'), run.statusOf('c'), run.statusOf('d'), run.run.status]).toEqual([
      'skipped',
      'skipped',
      'skipped',
      'failed',
    ]);
  });

  test('lets an item that cleans up see a failure before the one that was skipped between', () => {
    const run = play(list(['id: a, call: x.broken', 'id: b, call: x.b', 'id: tidy, runWhen: failed, call: x.tidy']));
    expect([run.statusOf('b'), run.statusOf('tidy'), run.run.status]).toEqual(['skipped', 'succeeded', 'failed']);
  });
});
