import { describe, expect, test } from '@jest/globals';
import { answering, Interpreter, succeedWith } from '@reprise/testing';

const list = (length: number) => Array.from({ length }, (_, index) => index);
const startsIn = (run: Interpreter) =>
  run.decisions.map(({ decision, now }) => decision.tasks.filter(({ at, createdAt }) => at !== '' && createdAt === now).length);

describe('a list of 10,000', () => {
  test('transforms is worked off in steps of at most 100, one message each, none of them deep', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { forEach: input, transform: "${{ each.value * 2 }}" } }\noutput: "${{ tasks.a.output.size() }}"',
      {
        input: list(10_000),
        checked: false,
      },
    ).toRest();
    expect([run.run.status, run.output]).toEqual(['succeeded', 10_000]);
    expect(run.messages.filter(({ kind }) => kind === 'again')).toHaveLength(99);
    expect(run.decisions).toHaveLength(100);
  });

  test('calls keeps to its hundred places and loads one row, one list and one slice for each answer', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: input, call: x.a, with: { v: "${{ each.value }}" } } }', {
      input: list(10_000),
      checked: false,
    }).toRest();
    expect([run.run.status, run.executor.claims.length]).toEqual(['succeeded', 10_000]);
    expect(Math.max(...startsIn(run).slice(1))).toBe(1);
    expect(run.wants).toBeLessThanOrEqual(10_000);
  });

  test('calls all at once starts 100 with each decision', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: { in: input, parallel: 10000 }, call: x.a } }', {
      input: list(10_000),
      handler: () => succeedWith(1, 5_000),
      checked: false,
    }).advance(4_000);
    expect(startsIn(run).filter((starts) => starts > 0)).toEqual(new Array(100).fill(100));
    const before = run.decisions.length;
    run.send({ kind: 'cancel', reason: null, by: null }).toRest();
    expect(run.run.status).toBe('cancelled');
    expect(run.decisions.length - before).toBeLessThanOrEqual(20_002);
  });
});

test('no decision starts more than 100 items, nested loops counted together', () => {
  const run = Interpreter.of('workflow: w\ntasks: { a: { forEach: input, tasks: { b: { forEach: input, transform: 1 } } } }', {
    input: list(40),
  }).toRest();
  expect(
    Math.max(
      ...run.decisions.map(
        ({ decision, now }) =>
          decision.tasks.filter(
            (task) => task.at !== '' && task.createdAt === now && task.progress?.kind !== 'list' && task.progress === null,
          ).length,
      ),
    ),
  ).toBeLessThanOrEqual(100);
  expect(run.outputOf('a')).toEqual(new Array(40).fill({ b: new Array(40).fill(1) }));
});

describe('large values', () => {
  const big = 'x'.repeat(1_000);

  test('are fetched when an expression names them, and only then', () => {
    const text = `
workflow: w
tasks:
  a: { call: x.a }
  b: { needs: [a], transform: "\${{ tasks.a.output.size() }}" }
  c: { needs: [b], transform: "\${{ tasks.a.status }}" }
  d: { needs: [c], transform: ["\${{ size(input.big) }}", "\${{ tasks.b.output }}"] }`;
    const run = Interpreter.of(text, { input: { big }, handler: answering({ 'x.a': succeedWith(big) }) });
    run.toRest();
    expect(['b', 'c', 'd'].map((path) => run.outputOf(path))).toEqual([1_000, 'succeeded', [1_000, 1_000]]);
    // The text of the run's input; what the decision itself has written needs no look.
    expect(run.wants).toBe(1);
  });

  test('that several expressions miss are asked for at once', () => {
    const tasks = ['a', 'b', 'c', 'd'].map((id) => `  ${id}: { call: x.a }`).join('\n');
    const run = Interpreter.of(
      `workflow: w\ntasks:\n${tasks}\n  e: { needs: [a, b, c, d], transform: ["\${{ tasks.a.output }}", "\${{ tasks.b.output }}", "\${{ tasks.c.output }}"] }`,
      {
        handler: answering({ 'x.a': succeedWith(big) }),
      },
    ).toRest();
    expect(run.outputOf('e')).toEqual([big, big, big]);
    // Once for the rows, once for their texts.
    expect(run.wants).toBe(2);
  });

  test('make up the default output of a group', () => {
    const run = Interpreter.of('workflow: w\ntasks: { g: { tasks: { a: { call: x.a }, b: { call: x.a }, c: { call: x.a } } } }', {
      handler: answering({ 'x.a': succeedWith(big) }),
    }).toRest();
    expect(run.outputOf('g')).toEqual({ a: big, b: big, c: big });
    expect(run.wants).toBe(2);
  });

  test('come out of lists whole', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { forEach: input, call: x.a, with: "${{ each.value }}" }, b: { needs: [a], transform: "${{ tasks.a.items[1].output }}" } }',
      {
        input: [big, `${big}!`],
        handler: ({ input }) => succeedWith(input),
      },
    ).toRest();
    expect(run.outputOf('a')).toEqual([big, `${big}!`]);
    expect(run.outputOf('b')).toBe(`${big}!`);
  });

  test.each([
    ['a transform', 'transform: "${{ input }}"'],
    [
      'a group',
      'tasks: { b: { transform: "${{ input.substring(0, 900) }}" }, c: { transform: "${{ input.substring(0, 900) }}" } }',
    ],
    ['a group that says what it gives', 'tasks: [{ id: b, transform: 1 }], output: "${{ input }}"'],
    [
      'a list, of which sixteen times as much is kept',
      `forEach: ${JSON.stringify(list(20))}, transform: "\${{ input.substring(0, 900) }}"`,
    ],
  ])('beyond the limit of an output fail %s', (_what, task) => {
    const run = Interpreter.of(`workflow: w\ntasks: { a: { ${task} } }`, {
      input: big,
      limits: { maxOutputBytes: 1_000 },
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'OUTPUT_TOO_LARGE', task: 'a' } });
  });

  test('are measured in bytes of UTF-8, as everybody else measures them', () => {
    // 602 characters, 1,202 bytes.
    const input = 'é'.repeat(600);
    const end = (task: string, limits: { maxInputBytes?: number; maxOutputBytes?: number }) => {
      const workflows = () => ({ kind: 'succeeds', output: input }) as const;
      return Interpreter.of(`workflow: w\ntasks: { a: { ${task} } }`, { input, limits, workflows }).toRest().task('a')?.error;
    };
    const tooLarge = { message: 'the output has 1202 bytes, more than the limit of 1000', code: 'OUTPUT_TOO_LARGE' };
    const tasks = ['call: x.a, with: "${{ input }}"', 'workflow: other, with: "${{ input }}"'];
    for (const task of ['transform: "${{ input }}"', 'workflow: other'])
      expect([task, end(task, { maxOutputBytes: 1_000 })]).toMatchObject([task, tooLarge]);
    for (const task of tasks) {
      const message = 'the input of a has 1202 bytes, more than the limit of 1000';
      expect([task, end(task, { maxInputBytes: 1_000 })]).toMatchObject([task, { code: 'INVALID_INPUT', message }]);
      expect([task, end(task, { maxInputBytes: 1_202 })]).toMatchObject([task, null]);
    }
  });

  test('beyond the limit of an input fail the call without an attempt', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, with: "${{ input }}" } }', {
      input: big,
      limits: { maxInputBytes: 1_000 },
    }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'INVALID_INPUT', task: 'a' } });
    expect(run.executor.claims).toEqual([]);
  });

  test('of too large a list are null in `tasks.ID.items`', () => {
    const text =
      'workflow: w\ntasks: { a: { forEach: { in: input, parallel: 10 }, onError: continue, call: x.a }, b: { needs: [a], transform: "${{ tasks.a.items }}" } }';
    const run = Interpreter.of(text, {
      input: list(40),
      handler: () => succeedWith(big),
      limits: { maxOutputBytes: 1_500 },
    }).toRest();
    expect([run.statusOf('a'), run.outputOf('b'), run.run.status]).toEqual(['failed', null, 'succeeded']);
  });
});
