import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type SimulatedHandler, succeedWith } from '@reprise/testing';

const broken = failWith('BROKEN', { retryable: false });
const play = (task: string, options: { handler?: SimulatedHandler; head?: string; rest?: string; input?: number[] } = {}) =>
  Interpreter.of(`workflow: w\n${options.head ?? ''}\ntasks:\n  a: { ${task} }\n${options.rest ?? ''}`, {
    ...(options.handler === undefined ? {} : { handler: options.handler }),
    input: options.input ?? [10, 20, 30, 40],
  }).toRest();

/** The greatest number of attempts that were running at one instant. */
function mostAtOnce(run: Interpreter): number {
  const spans = [...run.ledger.tasks.values()].flatMap(({ startedAt, endedAt, attempt }) =>
    attempt > 0 && startedAt !== null && endedAt !== null ? [{ startedAt, endedAt }] : [],
  );
  return Math.max(
    0,
    ...spans.map(({ startedAt: at }) => spans.filter((other) => other.startedAt <= at && at < other.endedAt).length),
  );
}

const byIndex =
  (...failing: readonly number[]): SimulatedHandler =>
  ({ at, input }) =>
    failing.includes(Number(at)) ? broken : succeedWith(input);

describe('forEach', () => {
  test('gives its results in the order of its list, however they came', () => {
    const run = play('forEach: input, call: x.a, with: { v: "${{ each.value }}", i: "${{ each.index }}" }', {
      handler: ({ at, input }) => succeedWith(input, 1_000 - 200 * Number(at)),
    });
    expect(run.outputOf('a')).toEqual([10, 20, 30, 40].map((v, i) => ({ v, i })));
  });

  test('of an empty list succeeds at once with an empty list', () => {
    const run = play('forEach: input, call: x.a', { input: [] });
    expect([run.statusOf('a'), run.outputOf('a'), run.executor.claims]).toEqual(['succeeded', [], []]);
  });

  test.each([1, 2, 3, 4, 9])('with parallel: %i never runs more items at once, and as many when there are', (parallel) => {
    const run = play(`forEach: { in: input, parallel: ${parallel} }, call: x.a`, {
      handler: ({ at }) => succeedWith({}, 100 * (1 + Number(at))),
    });
    expect(mostAtOnce(run)).toBe(Math.min(4, parallel));
  });

  test('with parallel: 1 starts an item when the one before has ended', () => {
    const run = play('forEach: { in: input, parallel: 1 }, call: x.a');
    for (const index of [1, 2, 3]) expect(run.task(`a[${index}]`)?.createdAt).toBe(run.task(`a[${index - 1}]`)?.endedAt);
  });

  test('of a list longer than the limit fails', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: input, call: x.a } }', {
      input: [1, 2, 3],
      limits: { maxItems: 2 },
    }).toRest();
    const message = 'forEach of a has 3 items, more than the limit of 2 (REPRISE_MAX_ITEMS): make each item a page of several';
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', message, task: 'a' } });
  });

  test('retries an item on its own', () => {
    const run = play('forEach: input, call: x.a', {
      handler: ({ at, failures }) => (at === '2' && failures < 2 ? failWith('BROKEN') : succeedWith(Number(at))),
    });
    expect([run.outputOf('a'), run.task('a[2]')?.attempt, run.task('a[1]')?.attempt]).toEqual([[0, 1, 2, 3], 3, 1]);
  });

  test('makes `tasks.ID.items` of all items, also where the list has failed', () => {
    const run = play('forEach: { in: input, parallel: 1 }, call: x.a, onError: continue', {
      handler: byIndex(1),
      rest: '  b: { needs: [a], transform: "${{ tasks.a.items.map(i, [i.status, i.error == null ? null : i.error.code]) }}" }',
    });
    expect(run.outputOf('b')).toEqual([
      ['succeeded', null],
      ['failed', 'BROKEN'],
    ]);
  });
});

describe('tolerate', () => {
  test.each([
    [0, [0], 'failed'],
    [1, [0], 'succeeded'],
    [1, [0, 2], 'failed'],
    ['25%', [3], 'succeeded'],
    ['49%', [2, 3], 'failed'],
    ['50%', [2, 3], 'succeeded'],
    ['100%', [0, 1, 2, 3], 'succeeded'],
  ] as const)('%s, of four items %j fail: the list has %s', (tolerate, failing, status) => {
    const run = play(`forEach: { in: input, tolerate: ${tolerate} }, call: x.a`, { handler: byIndex(...failing) });
    expect(run.statusOf('a')).toBe(status);
    expect(run.run.status).toBe(status);
  });

  test('puts null where an item failed', () => {
    const run = play('forEach: { in: input, tolerate: 1 }, call: x.a, with: { v: "${{ each.value }}" }', { handler: byIndex(1) });
    expect(run.outputOf('a')).toEqual([{ v: 10 }, null, { v: 30 }, { v: 40 }]);
  });

  test('exceeded: no further item starts, running ones are cancelled, the error says how many failed and which was first', () => {
    const run = play('forEach: { in: input, parallel: 2 }, call: x.a', {
      handler: ({ at }) => (at === '0' ? broken : succeedWith({}, 60_000)),
    });
    expect(['a[0]', 'a[1]', 'a[2]', 'a[3]'].map((path) => run.statusOf(path))).toEqual([
      'failed',
      'cancelled',
      'pending',
      'pending',
    ]);
    expect(run.run.error).toEqual({ code: 'BROKEN', message: '1 of 4 items failed, the first: BROKEN happened', task: 'a[0]' });
  });

  test.each(['transform: "${{ 1 / each.value }}"', 'fail: { code: F, message: m }'])(
    'exceeded by items that end at once: no further one starts (%s)',
    (task) => {
      const run = play(`forEach: { in: [0, 1, 2], parallel: 1 }, ${task}`);
      expect([run.statusOf('a[0]'), run.statusOf('a[1]'), run.run.status]).toEqual(['failed', 'pending', 'failed']);
    },
  );

  test('without failFast all items run, and the list fails when they have', () => {
    const run = play('forEach: { in: input, parallel: 1 }, call: x.a', { head: 'failFast: false', handler: byIndex(0, 2) });
    expect(['a[0]', 'a[1]', 'a[2]', 'a[3]'].map((path) => run.statusOf(path))).toEqual([
      'failed',
      'succeeded',
      'failed',
      'succeeded',
    ]);
    expect(run.run.error?.message).toBe('2 of 4 items failed, the first: BROKEN happened');
  });

  test('a failed list that is continued has null as output', () => {
    const run = play('forEach: input, call: x.a, onError: continue', {
      handler: byIndex(0),
      rest: '  b: { needs: [a], transform: "${{ tasks.a.output }}" }',
    });
    expect([run.statusOf('a'), run.task('b')?.output, run.run.status]).toEqual(['failed', 'null', 'succeeded']);
  });
});

describe('nested loops', () => {
  const document = (tolerate: string) => `
workflow: w
tasks:
  outer:
    forEach: { in: input, as: row, tolerate: 10% }
    tasks:
      inner: { forEach: { in: "\${{ row.value }}", tolerate: ${tolerate} }, call: x.a, with: { r: "\${{ row.index }}", c: "\${{ each.index }}", v: "\${{ each.value }}" } }
      sum: { needs: [inner], transform: "\${{ tasks.inner.output.map(v, v == null ? 0 : v).sum() + 1000 * row.index + each.index }}" }
    output: "\${{ tasks.sum.output }}"
output: { sums: "\${{ tasks.outer.output }}" }`;
  const input = Array.from({ length: 10 }, (_, row) => Array.from({ length: 10 }, (_, column) => 10 * row + column));
  const value = (attempt: { input: unknown }) => (attempt.input as { v: number }).v;

  test('ten times ten, with failures that are tolerated at both levels', () => {
    const handler = answering({
      'x.a': (attempt) => (value(attempt) % 11 === 0 || [50, 51].includes(value(attempt)) ? broken : succeedWith(value(attempt))),
    });
    const run = Interpreter.of(document('1'), { input, handler }).toRest();
    // Every row loses its diagonal; row 5 two more, which is too many: the list has null in its place.
    const sums = input.map((row, index) =>
      index === 5 ? null : row.reduce((sum, v) => sum + (v % 11 === 0 ? 0 : v), 0) + 1_001 * index,
    );
    expect(run.output).toEqual({ sums });
    expect(run.task('outer')?.progress).toMatchObject({ total: 10, done: 10, failed: 1 });
    expect(run.statusOf('outer[5].inner')).toBe('failed');
    expect(run.task('outer[3].inner[4]')?.input).toBe('{"r":3,"c":4,"v":34}');
  });

  test('the innermost loop owns `each`; an outer one is reached by its name', () => {
    const run = Interpreter.of(`
workflow: w
tasks:
  a:
    forEach: { in: [[1, 2], [3]], as: outer }
    tasks:
      - id: b
        forEach: "\${{ each.value }}"
        transform: ["\${{ outer.index }}", "\${{ each.index }}", "\${{ outer.value }}", "\${{ each }}"]`).toRest();
    expect(run.outputOf('a')).toEqual([
      [
        [0, 0, [1, 2], { value: 1, index: 0 }],
        [0, 1, [1, 2], { value: 2, index: 1 }],
      ],
      [[1, 0, [3], { value: 3, index: 0 }]],
    ]);
  });
});
