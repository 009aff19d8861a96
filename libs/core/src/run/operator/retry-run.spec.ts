import { describe, expect, test } from '@jest/globals';
import { answering, type Fates, failWith, Interpreter, ORDERLY, type SimulatedHandler, succeedWith } from '@reprise/testing';
import { broken, Service, statuses, twice } from '../../../test/taken-up-again.js';

describe('a failed run that is taken up again', () => {
  test('runs what had failed, and then what had been skipped for it; what succeeded stands', () => {
    const { run, calls } = twice('  a: { call: x.a }\n  b: { needs: [a], call: x.broken }\n  c: { needs: [b], call: x.c }');
    expect(calls).toEqual(['b', 'c']);
    expect([run.run.status, ...statuses(run, 'a', 'b', 'c')]).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  });

  test('runs what was cancelled beside the failure, and what had not begun', () => {
    const { run, calls } = twice('  a: { call: x.broken }\n  b: { call: x.slow }\n  c: { needs: [b], call: x.c }');
    expect(calls.sort()).toEqual(['a', 'b', 'c']);
    expect(run.run.status).toBe('succeeded');
  });

  test('forgets its error and its end, and begins its timeout anew', () => {
    const service = new Service();
    const run = Interpreter.of(
      'workflow: w\ntimeout: 1h\ntasks: { a: { call: x.broken }, b: { call: x.slow } }',
      service,
    ).advance(30_000);
    expect([run.run.status, run.run.dueAt, run.run.error?.code]).toEqual(['failed', null, 'BROKEN']);
    const { now: at } = run;
    const { startedAt } = run.run;
    run.send({ kind: 'retry-run', by: null }).advance(1);
    expect(run.run).toMatchObject({
      status: 'running',
      error: null,
      endedAt: null,
      dueAt: at + 3_600_000,
      watchAt: at + 3_600_000,
      startedAt,
      scope: { closing: null, error: null },
    });
    expect(run.run.progress).toMatchObject({ reopened: 1, reopenedAt: at, askedBy: null, phase: null });
  });

  test('numbers attempts on, under fences that only grow, and says who asked for them', () => {
    const { run } = twice('  a: { call: x.broken, retry: { maximumAttempts: 3, initialInterval: 0s } }');
    expect(run.attemptsOf('a').map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
    expect(run.attemptsOf('a')[1]?.why).toEqual({ reason: 'operator', askedBy: 'ann', attempt: 2 });
    const fences = run.executor.claims.map(({ fence }) => fence);
    expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  });

  test('gives its tasks their whole retry again', () => {
    const service = new Service();
    const text = 'workflow: w\ntasks: { a: { call: x.a, retry: { maximumAttempts: 2, initialInterval: 0s } } }';
    const run = Interpreter.of(text, { handler: () => failWith('BROKEN') }).toRest();
    expect(run.task('a')?.attempt).toBe(2);
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.task('a')?.attempt, service.calls]).toEqual(['failed', 4, []]);
  });

  test('gives the number of an attempt that nobody had claimed to the one that follows', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { call: x.broken }, b: { call: x.b, retry: { initialInterval: 1h, jitter: none } } }',
      {
        handler: answering({ 'x.broken': { ...broken, afterMs: 1_000 }, 'x.b': failWith('LATER') }),
      },
    ).advance(10_000);
    expect([run.run.status, run.statusOf('b'), run.task('b')?.attempt]).toEqual(['failed', 'cancelled', 2]);
    run.send({ kind: 'retry-run', by: 'ann' }).advance(5);
    expect([run.statusOf('b'), run.task('b')?.attempt]).toEqual(['running', 2]);
    run.advance(100);
    expect(run.attemptsOf('b').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test('does not hear what executors of the time before still send', () => {
    const service = new Service();
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.broken } }', service).toRest();
    const old = run.decisions.flatMap(({ inputs }) => inputs);
    run.send({ kind: 'retry-run', by: 'ann' }).advance(1);
    for (const input of old)
      if (input.kind !== 'recover' && input.kind !== 'look') expect(run.decide([input]).applied).toEqual(['stale']);
  });

  test('evaluates conditions again: they may read what is different now', () => {
    const { run, calls } = twice(
      '  a: { call: x.broken }\n  b: { needs: [a], runWhen: done, if: "tasks.a.status == \'failed\'", call: x.b }\n  c: { needs: [a], if: "tasks.a.status == \'failed\'", call: x.c }',
    );
    expect(calls).toEqual(['a']);
    expect(statuses(run, 'b', 'c')).toEqual(['succeeded', 'skipped']);
  });

  test('whose condition says no this time leaves the row of the time before as it was', () => {
    const { run } = twice('  a: { call: x.broken }\n  b: { if: "run.error == null", needs: [a], runWhen: done, call: x.broken }');
    expect(run.run.status).toBe('succeeded');
  });

  test('leaves a failure that was continued alone', () => {
    const { calls } = twice('  a: { onError: continue, call: x.broken }\n  b: { needs: [a], call: x.broken }');
    expect(calls).toEqual(['b']);
  });

  test('can fail and be taken up as often as somebody asks', () => {
    const { run } = twice('  a: { call: x.never }', { handler: () => broken });
    run.send({ kind: 'retry-run', by: 'bob' }).toRest();
    expect([run.run.status, run.run.progress.reopened, run.task('a')?.attempt]).toEqual(['failed', 2, 3]);
    expect(run.attemptsOf('a').map(({ why }) => (why?.reason === 'operator' ? why.askedBy : null))).toEqual([null, 'ann', 'bob']);
  });

  test('that nobody known asked for says so', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', { handler: () => broken }).toRest();
    run.send({ kind: 'retry-run', by: null }).toRest();
    expect(run.task('a')?.why).toMatchObject({ askedBy: 'nobody known' });
  });

  test('that failed for its timeout takes up what had been asked to stop', () => {
    const { run, calls } = twice('  a: { call: x.a }\n  b: { needs: [a], call: x.slow }', {}, 'timeout: 30s\n');
    expect([calls, run.run.status]).toEqual([['b'], 'failed']);
  });

  test('can be cancelled: what was not begun again is left as it was', () => {
    const service = new Service();
    const run = Interpreter.of('workflow: w\ntasks: [{ id: a, call: x.slow }, { id: b, call: x.broken }]', service).toRest();
    const seen = Interpreter.of(
      'workflow: w\nfailFast: false\ntasks: { a: { call: x.broken }, b: { call: x.slow }, c: { needs: [a], runWhen: done, call: x.broken } }',
      service,
    ).toRest();
    for (const each of [run, seen]) {
      each.send({ kind: 'retry-run', by: 'ann' }).advance(2).send({ kind: 'cancel', reason: null, by: null }).toRest();
      expect(each.run.status).toBe('cancelled');
    }
    expect(statuses(seen, 'b', 'c')).toEqual(['succeeded', 'failed']);
  });
});

describe('what is not taken up', () => {
  test.each(['succeeded', 'cancelled', 'running'])('a run that is %s', (status) => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.slow } }', { handler: () => succeedWith(1, 60_000) });
    if (status === 'cancelled') run.send({ kind: 'cancel', reason: null, by: null });
    if (status !== 'running') run.toRest();
    expect(run.run.status).toBe(status);
    expect(run.decide([{ kind: 'retry-run', by: null }])).toMatchObject({ applied: ['stale'], run: null, messages: [] });
  });

  test('a run asked for twice is taken up once', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }', { handler: () => broken }).toRest();
    const again = { kind: 'retry-run', by: null } as const;
    expect(run.decide([again, again]).applied).toEqual(['applied', 'stale']);
  });
});

describe('a run that is taken up again and fails once more', () => {
  test('undoes what has succeeded since, items of lists in groups too', () => {
    let failures = 1;
    const text = `
workflow: w
tasks:
  g:
    tasks:
      - { id: a, call: x.early }
      - { id: b, forEach: [1, 2], call: x.b, compensate: { call: x.undo } }
      - { id: c, call: x.never }`;
    const handler = answering({ 'x.early': () => (failures-- > 0 ? broken : succeedWith(1)), 'x.never': broken });
    const run = Interpreter.of(text, { handler }).toRest();
    expect(run.run.progress).toMatchObject({ compensated: false });
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.run.progress.compensated]).toEqual(['failed', true]);
    expect(statuses(run, 'g.b[0]:compensate', 'g.b[1]:compensate')).toEqual(['succeeded', 'succeeded']);
    expect(run.decide([{ kind: 'retry-run', by: 'ann' }]).applied).toEqual(['stale']);
  });
});

describe('events, in a run that is taken up again', () => {
  const failing =
    (service: { down: boolean }): SimulatedHandler =>
    () =>
      service.down ? { ...broken, afterMs: 20_000 } : succeedWith(1, 20_000);
  const wait = 'waitFor: { event: x.*, match: event.type, key: "\'x.a\'", count: 2';

  test.each([
    ['cancelled', `${wait} }`],
    ['too late', `${wait}, timeout: 10s }`],
  ])('a wait that was %s takes again what it had taken: to the run it is new', (_, body) => {
    const service = { down: true };
    const run = Interpreter.of(`workflow: w\ntasks: { a: { ${body} }, b: { call: x.b } }`, { handler: failing(service) });
    run.event({ type: 'x.a', data: 1 }).toRest();
    expect(run.run.status).toBe('failed');
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).advance(1_000).event({ type: 'x.a', data: 2 }).toRest();
    expect([run.run.status, run.outputOf('a')]).toMatchObject(['succeeded', [{ data: 1 }, { data: 2 }]]);
  });

  test('an event that was cancelled before the broker had confirmed it goes out as the one it was', () => {
    const service = { down: true };
    let sent = 0;
    const fates: Fates = { ...ORDERLY, message: () => (++sent === 2 ? 'lost' : 'once') };
    const text = 'workflow: w\ntasks: { a: { emit: { type: t, data: { at: "${{ run.startedAt }}" } } }, b: { call: x.b } }';
    const run = Interpreter.of(text, { fates, handler: () => (service.down ? broken : succeedWith(1)) }).advance(1_000);
    expect([run.run.status, run.statusOf('a')]).toEqual(['failed', 'cancelled']);
    const first = run.messages.find(({ kind }) => kind === 'emit');
    service.down = false;
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect(run.published).toEqual([first?.kind === 'emit' ? first.event : null]);
  });

  test('each failure is told by an event of its own, from the first item of onFailure on', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { call: x.a } }\nonFailure: [{ id: tell, emit: { type: failed } }, { id: group, tasks: [{ id: call, call: x.tell }, { id: never, call: x.never }] }]',
      { handler: answering({ 'x.a': broken, 'x.never': broken }) },
    ).toRest();
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect(run.published.map(({ id }) => id)).toEqual([`${run.run.id}/onFailure.tell`, `${run.run.id}/onFailure.tell#2`]);
    expect(run.attemptsOf('onFailure.group.call').map(({ attempt }) => attempt)).toEqual([2]);
    expect(run.task('onFailure.group.never')?.attempt).toBe(2);
  });
});
