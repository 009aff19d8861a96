import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, succeedWith } from '@reprise/testing';
import { compileWorkflow } from '../../workflow/compile.js';

describe('if', () => {
  test('is asked when the needs have ended, and sees their outputs', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  a: { call: x.a }
  big: { needs: [a], if: tasks.a.output.total > 100, call: x.big }
  small: { needs: [a], if: tasks.a.output.total <= 100, call: x.small }
output: { big: "\${{ tasks.big.output }}", status: "\${{ tasks.big.status }}", small: "\${{ tasks.small.output }}" }`,
      { handler: answering({ 'x.a': succeedWith({ total: 7 }), 'x.small': succeedWith('done') }) },
    ).toRest();
    expect(run.output).toEqual({ big: null, status: 'skipped', small: 'done' });
  });

  test('is asked before forEach expands, once for the whole list', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  a: { if: "false", forEach: "nonsense + 1", call: x.a }`.replace('nonsense + 1', 'input'),
    ).toRest();
    expect([run.statusOf('a'), run.run.status]).toEqual(['skipped', 'succeeded']);
  });

  test('that cannot be evaluated fails its task with EXPRESSION, and the task is not retried', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  a: { if: input.missing > 1, call: x.a }`,
      { input: {} },
    ).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', task: 'a' } });
    expect(run.executor.claims).toEqual([]);
  });
});

describe('an expression that fails', () => {
  test.each([
    ['with', 'call: x.a, with: { v: "${{ input.no }}" }'],
    ['idempotencyKey', 'call: x.a, idempotencyKey: "${{ input.no }}"'],
    ['an idempotencyKey that is no text', 'call: x.a, idempotencyKey: "${{ input.map }}"'],
    ['transform', 'transform: "${{ input.no }}"'],
    ['fail.code', 'fail: { code: "${{ input.no }}", message: m }'],
    ['fail.message', 'fail: { code: C, message: "${{ input.no }}" }'],
    ['sleep', 'sleep: "${{ input.no }}"'],
    ['a sleep of no duration', 'sleep: "${{ input.text }}"'],
    ['a sleep of a number', 'sleep: "${{ input.number }}"'],
    ['a sleepUntil of no instant', 'sleepUntil: "${{ input.text }}"'],
    ['a sleepUntil without an offset', 'sleepUntil: "${{ input.local }}"'],
    ['a sleepUntil of a day in no calendar', 'sleepUntil: "2026-02-${{ input.day }}T00:00:00Z"'],
    ['forEach', 'forEach: input.no, call: x.a'],
    ['forEach over no list', 'forEach: input.text, call: x.a'],
    ['forEach over null', 'forEach: input.nothing, call: x.a'],
    ['the output of a group', 'tasks: { b: { transform: 1 } }, output: "${{ input.no }}"'],
  ])('in %s fails its task', (_where, task) => {
    const input = { text: 'soon', number: 5, map: { a: 1 }, nothing: null, local: '2026-01-01T01:00:00', day: 30 };
    const run = Interpreter.of(`workflow: w\ntasks:\n  a: { ${task} }`, { input }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', task: 'a' } });
    expect(run.executor.claims).toEqual([]);
  });

  test('in the output of the workflow fails the run, though all its tasks succeeded', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a } }\noutput: { v: "${{ tasks.a.output.no }}" }').toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION' } });
    expect(run.statusOf('a')).toBe('succeeded');
  });

  test('in an item fails the item', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { forEach: { in: [1, 0, 2], tolerate: 1 }, transform: "${{ 6 / each.value }}" } }',
    ).toRest();
    expect([run.outputOf('a'), run.task('a[1]')?.error?.code]).toEqual([[6, null, 3], 'EXPRESSION']);
  });
});

describe('succeedWhen', () => {
  const document =
    'workflow: w\ntasks: { a: { call: x.a, succeedWhen: output.status == "captured", retry: { maximumAttempts: 2 } } }';

  test('makes a result that does not satisfy it a failure that is retried', () => {
    const run = Interpreter.of(document, {
      handler: ({ failures }) => succeedWith({ status: failures === 0 ? 'pending' : 'captured' }),
    }).toRest();
    expect(run.run.status).toBe('succeeded');
    expect(run.attemptsOf('a').map(({ outcome, error }) => [outcome, error?.code ?? null])).toEqual([
      ['failed', 'UNEXPECTED_RESULT'],
      ['succeeded', null],
    ]);
  });

  test('that cannot be evaluated fails the task for good', () => {
    const run = Interpreter.of(document, { handler: () => succeedWith(null) }).toRest();
    expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION' } });
    expect(run.executor.claims).toHaveLength(1);
  });

  test('may read the tasks that its own task needs', () => {
    const run = Interpreter.of(
      'workflow: w\ntasks: { a: { transform: 3 }, b: { needs: [a], call: x.b, succeedWhen: output == tasks.a.output } }',
      { handler: () => succeedWith(3) },
    ).toRest();
    expect(run.run.status).toBe('succeeded');
  });
});

describe('fail', () => {
  test('fails on purpose, with the code and message that its expressions give', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { fail: { code: "NO_${{ input.n }}", message: "${{ input }}" } } }', {
      input: { n: 1 },
    }).toRest();
    expect(run.run.error).toEqual({ code: 'NO_1', message: '{"n":1}', task: 'a' });
  });
});

describe('what a call is sent', () => {
  test('its input without secrets, and where which secret belongs in a field of its own', () => {
    const run = Interpreter.of('workflow: w\ntasks: { a: { call: x.a, with: { key: "${{ secrets.TOKEN }}", n: 1 } } }').toRest();
    expect(run.task('a')?.input).not.toContain('TOKEN');
    expect(JSON.parse(run.task('a')?.secrets ?? 'null')).toEqual([{ path: ['key'], parts: [{ secret: 'TOKEN' }] }]);
  });

  test('its business key: text, or a number as text', () => {
    const keyOf = (key: string) =>
      Interpreter.of(`workflow: w\ntasks: { a: { call: x.a, idempotencyKey: "${key}" } }`, { input: 7 }).toRest().task('a')
        ?.idempotencyKey;
    expect([keyOf('${{ input }}'), keyOf('order-${{ input }}')]).toEqual(['7', 'order-7']);
  });
});

describe('a document that was never checked', () => {
  test.each(['tasks', 'tasks.nope', 'each.value', 'tasks.a[input]'])(
    'may read what is not there (%s): EXPRESSION, no crash',
    (source) => {
      const document = { workflow: 'w', tasks: { a: { transform: 1 }, b: { needs: ['a'], transform: `\${{ ${source} }}` } } };
      const run = new Interpreter(compileWorkflow(document)).toRest();
      expect(run.run).toMatchObject({ status: 'failed', error: { code: 'EXPRESSION', task: 'b' } });
    },
  );
});

describe('what an expression may read', () => {
  test('a failed and continued task: null output, its error, its attempts', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  a: { call: x.a, onError: continue, retry: { maximumAttempts: 2 } }
  b: { needs: [a], transform: "\${{ tasks.a }}" }`,
      { handler: () => failWith('BROKEN') },
    ).toRest();
    const error = { code: 'BROKEN', message: 'BROKEN happened', details: null, task: null };
    expect(run.outputOf('b')).toEqual({ status: 'failed', output: null, error, attempts: 2, items: null });
  });

  test('the run: its id, workflow, start and labels; in clean-up tasks its error', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  a: { fail: { code: BAD, message: m } }
  b: { needs: [a], runWhen: failed, transform: "\${{ run }}" }`,
      { labels: { team: 'red' } },
    ).toRest();
    expect(run.outputOf('b')).toEqual({
      id: run.run.id,
      workflow: 'w',
      startedAt: '2026-01-01T00:00:00.000Z',
      scheduledFor: null,
      labels: { team: 'red' },
      error: { code: 'BAD', message: 'm', details: null, task: 'a' },
    });
  });

  test('in the output of the workflow, what never ran: null', () => {
    const run = Interpreter.of(`
workflow: w
tasks: { a: { if: "false", call: x.a } }
output: { a: "\${{ tasks.a }}" }`).toRest();
    expect(run.output).toEqual({ a: { status: 'skipped', output: null, error: null, attempts: 0, items: null } });
  });
});
