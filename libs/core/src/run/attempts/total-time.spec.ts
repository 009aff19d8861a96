import { describe, expect, test } from '@jest/globals';
import { answering, type Fates, failWith, Interpreter, type InterpreterOptions, ORDERLY, succeedWith } from '@reprise/testing';

const MINUTE = 60_000;
const of = (text: string, options: InterpreterOptions = {}) => Interpreter.of(`workflow: w\ntasks:\n${text}`, options);
const slow = answering({ 'x.slow': succeedWith(1, 60 * MINUTE) });
const timedOut = { code: 'TIMEOUT', details: { kind: 'total' } };
const lasted = (run: Interpreter, path: string) => (run.task(path)?.endedAt ?? 0) - (run.task(path)?.createdAt ?? 0);
const losing = (count: number): Fates => {
  let sent = 0;
  return { ...ORDERLY, message: () => (++sent > count ? 'once' : 'lost') };
};
const alarms = (run: Interpreter) => run.messages.filter(({ kind }) => kind === 'alarm').length;

describe('the `timeout` of a group', () => {
  const GROUP = '  g: { timeout: 10m, tasks: [{ id: a, call: x.a }, { id: b, call: x.slow }, { id: c, call: x.c }] }';

  test('is the time of all of it: what runs is asked to stop, nothing more starts, it fails with TIMEOUT', () => {
    const run = of(GROUP, { handler: slow }).toRest();
    expect(run.task('g')).toMatchObject({
      status: 'failed',
      error: { ...timedOut, message: 'g: its total time is over' },
    });
    expect(['g.a', 'g.b', 'g.c'].map((path) => run.statusOf(path))).toEqual(['succeeded', 'cancelled', 'cancelled']);
    expect(lasted(run, 'g')).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(lasted(run, 'g')).toBeLessThan(10 * MINUTE + 1_000);
    expect(run.run).toMatchObject({ status: 'failed', error: { ...timedOut, task: 'g' } });
  });

  test('is no business of one that ends in time', () => {
    const run = of('  g: { timeout: 10m, tasks: [{ id: a, call: x.a }] }').toRest();
    expect([run.run.status, run.task('g')?.watchAt]).toEqual(['succeeded', null]);
  });

  test('is also written { total: 10m }, or as an expression', () => {
    for (const timeout of ['{ total: 10m }', '"${{ input }}"', '{ total: "${{ input }}" }']) {
      const run = of(GROUP.replace('10m', timeout), { handler: slow, input: '10m' }).toRest();
      expect(run.task('g')?.error).toMatchObject(timedOut);
      expect(Math.floor(lasted(run, 'g') / MINUTE)).toBe(10);
    }
  });

  test.each([5, 'soon', '0s', null, '400d'])('that is %j, by an expression, fails it with EXPRESSION', (given) => {
    for (const retry of ['', 'retry: {}, ']) {
      const run = of(GROUP.replace('10m,', `"\${{ input }}", ${retry}`), { input: given }).toRest();
      expect([run.task('g')?.error, run.executor.claims]).toEqual([
        {
          code: 'EXPRESSION',
          message: `timeout of g must be text with a duration longer than 0, such as "30m", got ${JSON.stringify(given)}`,
        },
        [],
      ]);
    }
  });

  test('whose expression fails fails it with that', () => {
    const run = of(GROUP.replace('10m', '"${{ input.is.not.there }}"'), { input: {} }).toRest();
    expect(run.task('g')?.error?.code).toBe('EXPRESSION');
  });

  test('overtakes a failure that is still being cleaned up, and what cleans up', () => {
    const text =
      '  g: { timeout: 1m, tasks: { a: { call: x.a }, tidy: { needs: [a], runWhen: failed, call: x.slow }, wait: { approval: { subject: ok } } } }';
    const handler = answering({ 'x.a': failWith('NO', { retryable: false }), 'x.slow': succeedWith(1, 60 * MINUTE) });
    const run = of(text, { handler }).toRest();
    expect([run.task('g')?.error?.code, run.statusOf('g.tidy'), run.statusOf('g.wait')]).toEqual([
      'TIMEOUT',
      'cancelled',
      'cancelled',
    ]);
  });

  test('ends all that is in it: groups, lists, rounds, waits, parked tasks, child runs', () => {
    const text = `  g:
    timeout: 1m
    tasks:
      inner: { timeout: 2m, tasks: [{ id: a, call: x.slow }] }
      list: { forEach: { in: [1, 2], parallel: 1 }, call: x.slow }
      poll: { repeat: { maximum: 3, interval: 1h }, transform: 1 }
      told: { waitFor: { event: x } }
      parked: { call: x.no, retry: { maximumAttempts: 1, onExhausted: park } }
      child: { workflow: other }`;
    const run = of(text, {
      handler: answering({ 'x.slow': succeedWith(1, 60 * MINUTE), 'x.no': failWith('NO') }),
      workflows: () => ({ kind: 'succeeds', afterMs: 60 * MINUTE }),
    }).toRest();
    const paths = ['inner', 'list', 'poll', 'told', 'parked', 'child'].map((id) => run.statusOf(`g.${id}`));
    expect([run.task('g')?.error?.code, ...new Set(paths)]).toEqual(['TIMEOUT', 'cancelled']);
    expect(lasted(run, 'g')).toBeLessThan(MINUTE + 1_000);
  });

  test('waits for an attempt that does not answer until its lease is over', () => {
    const handler = answering({ 'x.slow': { ...succeedWith('late', 5 * MINUTE), ignoresCancel: true } });
    const run = of(GROUP.replace('10m', '1m'), { handler }).toRest();
    expect([run.task('g')?.error?.code, run.statusOf('g.b'), run.outputOf('g.b')]).toEqual(['TIMEOUT', 'succeeded', 'late']);
    expect(lasted(run, 'g')).toBeGreaterThanOrEqual(5 * MINUTE);
  });

  test('is a failure like any other: `onError`, `runWhen: failed`, `compensate` follow', () => {
    const run = Interpreter.of(
      `workflow: w
tasks:
  g: { timeout: 1m, tasks: [{ id: a, call: x.a, compensate: { call: x.undo } }, { id: b, call: x.slow }] }
  told: { needs: [g], runWhen: failed, transform: "\${{ tasks.g.error.code }}" }`,
      { handler: slow },
    ).toRest();
    expect([run.run.status, run.outputOf('told')]).toEqual(['failed', 'TIMEOUT']);
    expect(run.statusOf('g.a:compensate')).toBe('succeeded');
    const text = `${GROUP.replace('timeout', 'onError: continue, timeout')}\n  h: { needs: [g], transform: 1 }`;
    expect(of(text, { handler: slow }).toRest().run.status).toBe('succeeded');
  });

  test('under forEach and repeat is that of each item, of each round', () => {
    const text = `  g:
    forEach: { in: [1, 70], tolerate: 1 }
    timeout: 1m
    tasks: [{ id: a, repeat: { maximum: 3 }, timeout: "\${{ round.number * 30 }}s", tasks: [{ id: s, sleep: "\${{ each.value }}s" }] }]`;
    const run = of(text).toRest();
    expect(['g[0]', 'g[1]', 'g[1].a[1]'].map((path) => run.statusOf(path))).toEqual(['succeeded', 'failed', 'failed']);
    expect(run.task('g[1]')?.error).toMatchObject({ ...timedOut, task: 'g[1].a[1]' });
    expect(lasted(run, 'g[1]')).toBe(30_000);
  });

  test('of a day costs the broker nothing until shortly before its end', () => {
    const run = of('  g: { timeout: 1d, tasks: [{ id: w, waitFor: { event: x } }] }');
    run.advance(23 * 60 * MINUTE);
    expect([run.statusOf('g'), alarms(run)]).toEqual(['running', 0]);
    run.toRest();
    expect([run.task('g')?.error?.code, alarms(run)]).toEqual(['TIMEOUT', 1]);
  });

  test('whose alarm is lost is seen by the watch', () => {
    const run = of('  g: { timeout: 1m, tasks: [{ id: w, waitFor: { event: x } }] }', { fates: losing(2) }).toRest();
    expect([run.task('g')?.error?.code, lasted(run, 'g')]).toEqual(['TIMEOUT', MINUTE + 2_001]);
  });

  test('whose alarm rings early is set again', () => {
    const fates: Fates = { ...ORDERLY, message: () => 'early' };
    const run = of('  g: { timeout: 1m, tasks: [{ id: w, waitFor: { event: x } }] }', { fates }).toRest();
    expect(lasted(run, 'g')).toBeGreaterThanOrEqual(MINUTE);
  });

  test('is asked for again when messages may be lost, and not any more once it has struck', () => {
    const run = of('  g: { timeout: 1m, tasks: [{ id: w, call: x.slow }] }', {
      handler: answering({ 'x.slow': { ...succeedWith(1, 5 * MINUTE), ignoresCancel: true } }),
    }).advance(1_000);
    const { fence = 0, totalUntil = null } = run.task('g') ?? {};
    const alarm = { kind: 'alarm', node: 0, at: '', fence, dueAt: totalUntil };
    expect(run.decide([{ kind: 'recover' }]).messages).toContainEqual(alarm);
    run.advance(MINUTE);
    expect(run.task('g')).toMatchObject({ status: 'running', watchAt: null, progress: { closing: 'timedOut' } });
    expect(run.decide([{ kind: 'recover' }]).messages).not.toContainEqual(alarm);
    expect(run.toRest().run.error).toMatchObject(timedOut);
  });

  test('goes on while the run is paused: what was over is seen when it is resumed', () => {
    const run = of('  g: { timeout: 1m, tasks: [{ id: w, waitFor: { event: x } }] }').advance(1_000);
    run.send({ kind: 'pause', by: null }).advance(5 * MINUTE);
    expect(run.statusOf('g')).toBe('running');
    expect(run.send({ kind: 'resume', by: null }).toRest().task('g')?.error).toMatchObject(timedOut);
  });

  test('begins anew when the run is taken up again', () => {
    const handler = answering({ 'x.slow': ({ attempt }) => succeedWith(1, attempt > 1 ? MINUTE : 60 * MINUTE) });
    const run = of(GROUP, { handler }).toRest();
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.run.status, run.statusOf('g')]).toEqual(['succeeded', 'succeeded']);
    const again = of(GROUP, { handler: slow }).toRest();
    const before = again.now;
    again
      .advance(30 * MINUTE)
      .send({ kind: 'retry-run', by: 'ann' })
      .toRest();
    expect(again.task('g')?.error).toMatchObject(timedOut);
    expect((again.task('g')?.endedAt ?? 0) - before).toBeGreaterThanOrEqual(40 * MINUTE);
  });

  test('that cannot be told any more when the run is taken up again fails the group again', () => {
    const text = `  x: { call: x.x, retry: { maximumAttempts: 1 } }
  g: { needs: [x], runWhen: done, timeout: "\${{ tasks.x.status == 'failed' ? '1m' : 'soon' }}", tasks: [{ id: b, call: x.slow }] }`;
    const handler = answering({
      'x.x': ({ attempt }) => (attempt === 1 ? failWith('NO') : succeedWith(1)),
      'x.slow': succeedWith(1, 60 * MINUTE),
    });
    const run = of(text, { handler }).toRest();
    expect(run.task('g')?.error?.code).toBe('TIMEOUT');
    run.send({ kind: 'retry-run', by: 'ann' }).toRest();
    expect([run.statusOf('x'), run.task('g')?.error?.code]).toEqual(['succeeded', 'EXPRESSION']);
  });
});

describe('the `timeout` of a group with `retry`', () => {
  const GROUP =
    '  g: { timeout: 10m, retry: { maximumAttempts: 0, initialInterval: 1m, backoff: fixed, jitter: none }, tasks: [{ id: a, call: x.a }] }';

  test('spans all attempts and the waits between them; the attempt that it stops is kept as timed out', () => {
    const handler = answering({
      'x.a': ({ at }) => (Number(at) < 3 ? failWith('NO', { retryable: false }) : succeedWith(1, 60 * MINUTE)),
    });
    const run = of(GROUP, { handler }).toRest();
    expect(run.task('g')).toMatchObject({ status: 'failed', attempt: 3, error: timedOut });
    expect(run.attemptsOf('g').map(({ outcome, error }) => [outcome, error?.code])).toEqual([
      ['failed', 'NO'],
      ['failed', 'NO'],
      ['timeout', 'TIMEOUT'],
    ]);
    expect(Math.floor(lasted(run, 'g') / MINUTE)).toBe(10);
    expect(run.task('g[4]')).toBeNull();
  });

  test('lets no attempt be planned that could not begin within it', () => {
    const handler = answering({ 'x.a': failWith('NO', { retryable: false }) });
    const run = of(GROUP.replace('10m', '150s'), { handler }).toRest();
    expect(run.task('g')).toMatchObject({ attempt: 3, error: { code: 'NO' } });
    expect(run.attemptsOf('g').at(-1)?.verdict).toMatchObject({ spent: 'deadline' });
  });

  test('ends the wait for an attempt, should that be longer by the time it is looked at', () => {
    const handler = answering({ 'x.a': failWith('NO', { retryable: false }) });
    const run = of(GROUP, { handler }).advance(1_000);
    run
      .send({ kind: 'pause', by: null })
      .advance(20 * MINUTE)
      .send({ kind: 'resume', by: null })
      .toRest();
    expect(run.task('g')).toMatchObject({ status: 'failed', attempt: 2, error: timedOut });
    expect([run.task('g[2]'), run.attemptsOf('g').length]).toEqual([null, 1]);
  });

  test('is watched for again with each attempt, also one that follows at once or was hurried', () => {
    const handler = answering({
      'x.a': ({ at }) => (Number(at) < 3 ? failWith('NO', { retryable: false }) : succeedWith(1, 60 * MINUTE)),
    });
    const atOnce = of(GROUP.replace('initialInterval: 1m', 'initialInterval: 0s'), { handler, fates: ORDERLY }).toRest();
    expect(lasted(atOnce, 'g')).toBeLessThan(10 * MINUTE + 1_000);
    const hurried = of(GROUP, { handler }).advance(1_000);
    hurried.send({ kind: 'retry-now', node: 0, at: '', by: 'ann' }).advance(30_000);
    expect(hurried.task('g')).toMatchObject({ status: 'retrying', attempt: 3 });
    expect(hurried.toRest().task('g')?.error).toMatchObject(timedOut);
  });

  test('does not strike one that is being cancelled', () => {
    const handler = answering({ 'x.a': { ...succeedWith(1, 20 * MINUTE), ignoresCancel: true } });
    const run = of(GROUP, { handler }).advance(9 * MINUTE);
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect([run.run.status, run.statusOf('g')]).toEqual(['cancelled', 'cancelled']);
  });
});
