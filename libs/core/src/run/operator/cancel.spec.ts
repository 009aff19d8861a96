import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, ORDERLY, succeedWith } from '@reprise/testing';

const document = `
workflow: w
timeout: 1h
tasks:
  running: { call: x.a }
  later: { needs: [running], call: x.b }
  always: { needs: [running], runWhen: done, call: x.c }
  nap: { sleep: 30m }
  list: { forEach: { in: [1, 2, 3], parallel: 2 }, call: x.d }
  empty: { tasks: { inner: { sleep: 30m } } }`;
const cancel = { kind: 'cancel', reason: 'no longer wanted', by: 'me' } as const;
const slow = { handler: () => succeedWith({}, 60_000) };

describe('cancel', () => {
  test('ends what waits at once, asks what runs to stop, starts nothing; the run ends when the last has answered', () => {
    const run = Interpreter.of(document, slow).advance(1_000).send(cancel).advance(1);
    expect(run.run).toMatchObject({ status: 'running', scope: { closing: 'cancelled' }, dueAt: null, watchAt: null });
    expect(run.task('running')).toMatchObject({ status: 'running', cancelling: true });
    expect([run.statusOf('nap'), run.statusOf('empty.inner'), run.statusOf('empty')]).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    run.toRest();
    const paths = ['running', 'later', 'always', 'list', 'list[0]', 'list[1]', 'list[2]'];
    expect(paths.map((path) => run.statusOf(path))).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'pending',
    ]);
    expect(run.run).toMatchObject({ status: 'cancelled', output: null });
    expect(run.run.error).toEqual({
      code: 'CANCELLED',
      message: 'cancelled: no longer wanted',
      details: { by: 'me', reason: 'no longer wanted' },
    });
  });

  test('a second cancel is stale', () => {
    const run = Interpreter.of(document, slow).advance(1_000).send(cancel).send(cancel).advance(1);
    expect(run.decisions.filter(({ inputs }) => inputs[0]?.kind === 'cancel').map(({ applied }) => applied)).toEqual([
      ['applied'],
      ['stale'],
    ]);
  });

  test('says nothing where no reason was given', () => {
    const run = Interpreter.of(document, slow).advance(1_000).send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect(run.run.error?.message).toBe('cancelled');
  });

  test('waits for a claimed attempt that does not listen, at most until it answers', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', {
      handler: () => ({ ...succeedWith('late', 60_000), ignoresCancel: true }),
    });
    run.advance(1_000).send(cancel).toRest();
    expect(run.run.status).toBe('cancelled');
    expect([run.statusOf('a'), run.outputOf('a')]).toEqual(['succeeded', 'late']);
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeGreaterThan(60_000);
  });

  test('waits for an attempt whose worker died until its lease is over', () => {
    const fates = { ...ORDERLY, attempt: () => 'dies' as const };
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', { fates }).advance(1_000).send(cancel).toRest();
    expect(run.run.status).toBe('cancelled');
    expect(run.attemptsOf('a')).toMatchObject([{ attempt: 1, outcome: 'lost' }]);
    expect((run.run.endedAt ?? 0) - run.run.createdAt).toBeGreaterThanOrEqual(15_000);
  });

  test('overrides a failure that is still being cleaned up', () => {
    const text =
      'workflow: w\ntasks: { a: { fail: { code: A, message: m } }, tidy: { needs: [a], runWhen: failed, call: x.tidy } }';
    const run = Interpreter.of(text, slow).advance(1_000).send(cancel).toRest();
    expect([run.statusOf('tidy'), run.run.status, run.run.error?.code]).toEqual(['cancelled', 'cancelled', 'CANCELLED']);
  });

  test('of a run that is failing already asks nobody twice', () => {
    const text = `
workflow: w
tasks:
  bad: { call: x.bad }
  deaf: { call: x.deaf }
  g: { tasks: { deaf: { call: x.deaf } } }`;
    const handler = answering({
      'x.bad': failWith('BAD', { retryable: false }),
      'x.deaf': { ...succeedWith(1, 60_000), ignoresCancel: true },
    });
    const run = Interpreter.of(text, { handler }).advance(1_000).send(cancel).toRest();
    expect(run.messages.filter(({ kind }) => kind === 'interrupt')).toHaveLength(2);
    expect([run.run.status, run.statusOf('g')]).toEqual(['cancelled', 'cancelled']);
  });

  test('ends a parked task', () => {
    const text = 'workflow: w\ntasks: { a: { call: x.a, retry: { maximumAttempts: 1, onExhausted: park } } }';
    const run = Interpreter.of(text, {
      handler: () => ({ outcome: { kind: 'failed', error: { code: 'NO', message: 'no' }, retryable: null, retryAfterMs: null } }),
    }).toRest();
    expect([run.statusOf('a'), run.run.status]).toEqual(['parked', 'running']);
    run.send(cancel).toRest();
    expect([run.statusOf('a'), run.run.status]).toEqual(['cancelled', 'cancelled']);
  });

  test('asks each open task once, however many answers follow', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: { in: input, parallel: 50 }, call: x.a } }', {
      ...slow,
      input: Array.from({ length: 50 }, (_, index) => index),
    });
    run.advance(1_000).send(cancel);
    const before = run.wants;
    run.toRest();
    expect(run.messages.filter(({ kind }) => kind === 'interrupt')).toHaveLength(50);
    expect(run.wants - before).toBe(1);
  });
});
