import { describe, expect, test } from '@jest/globals';
import { answering, failWith, Interpreter, type SimulatedHandler, succeedWith } from '@reprise/testing';

const broken = failWith('BROKEN', { retryable: false });
const play = (text: string, handler: SimulatedHandler = answering({ 'x.broken': broken })) =>
  Interpreter.of(`workflow: w\ntasks:\n${text}`, { handler, input: [1, 2] }).toRest();

describe('a group', () => {
  test('ends when all in it has ended, and what needs it starts then', () => {
    const run = play(
      '  g: { tasks: { a: { call: x.a }, b: { call: x.slow } } }\n  c: { needs: [g], call: x.c }',
      answering({ 'x.slow': succeedWith({}, 5_000) }),
    );
    expect(run.task('g')?.endedAt).toBe(run.task('g.b')?.endedAt);
    expect(run.task('c')?.createdAt).toBe(run.task('g')?.endedAt);
  });

  test('of a graph has a map by id as output; what was skipped or failed and continued is null', () => {
    const run = play(
      "  g: { tasks: { a: { call: x.a }, b: { if: 'false', call: x.b }, c: { onError: continue, call: x.broken } } }",
    );
    expect(run.outputOf('g')).toEqual({ a: {}, b: null, c: null });
  });

  test('of a sequence has the output of its last item', () => {
    expect(play('  g: { tasks: [{ id: a, transform: 1 }, { id: b, transform: 2 }] }').outputOf('g')).toBe(2);
  });

  test('of a sequence whose last item was skipped has null', () => {
    expect(play("  g: { tasks: [{ id: a, transform: 1 }, { id: b, if: 'false', transform: 2 }] }").outputOf('g')).toBeNull();
  });

  test('has the output it says, which may read all in it', () => {
    const run = play(
      '  g: { tasks: { a: { transform: 1 }, b: { transform: 2 } }, output: { sum: "${{ tasks.a.output + tasks.b.output }}" } }',
    );
    expect(run.outputOf('g')).toEqual({ sum: 3 });
  });

  test('lets what is in it read what the group needs', () => {
    const run = play(
      '  a: { transform: 5 }\n  g: { needs: [a], tasks: { h: { tasks: { b: { transform: "${{ tasks.a.output + 1 }}" } } } } }',
    );
    expect(run.outputOf('g')).toEqual({ h: { b: 6 } });
  });

  test('fails with what failed in it, named by its path; the rest of it is cancelled or never starts', () => {
    const run = play(
      '  g: { tasks: { a: { call: x.broken }, b: { call: x.slow }, c: { needs: [b], call: x.c } } }',
      answering({ 'x.broken': broken, 'x.slow': succeedWith({}, 60_000) }),
    );
    expect([run.statusOf('g'), run.statusOf('g.a'), run.statusOf('g.b'), run.statusOf('g.c')]).toEqual([
      'failed',
      'failed',
      'cancelled',
      'skipped',
    ]);
    expect(run.run.error).toEqual({ code: 'BROKEN', message: 'BROKEN happened', task: 'g.a' });
  });

  test('that fails and is continued does not fail the run', () => {
    const run = play('  g: { onError: continue, tasks: { a: { call: x.broken } } }\n  b: { needs: [g], call: x.b }');
    expect([run.statusOf('g'), run.statusOf('b'), run.run.status]).toEqual(['failed', 'succeeded', 'succeeded']);
  });

  test('runs its clean-up when it fails, before it ends', () => {
    const run = play('  g: { tasks: [{ id: a, call: x.broken }, { id: tidy, runWhen: done, call: x.tidy }] }');
    expect([run.statusOf('g.tidy'), run.statusOf('g')]).toEqual(['succeeded', 'failed']);
    expect(run.task('g')?.endedAt).toBe(run.task('g.tidy')?.endedAt);
  });

  test('that is skipped leaves no rows', () => {
    const run = play("  g: { if: 'false', tasks: { a: { call: x.a } } }");
    expect([run.statusOf('g'), run.ledger.tasks.size]).toEqual(['skipped', 0]);
  });

  test('under forEach is one group for each item, whose tasks read each.value and the name of the outer loop', () => {
    const run = Interpreter.of(
      `
workflow: w
tasks:
  page:
    forEach: { in: [{ name: a, rows: [1, 2] }, { name: b, rows: [3] }], as: page }
    tasks:
      fetch: { call: x.fetch, with: { name: "\${{ each.value.name }}" } }
      row:
        needs: [fetch]
        forEach: page.value.rows
        tasks: [{ id: put, call: x.put, with: { row: "\${{ each.value }}", page: "\${{ page.value.name }}", from: "\${{ tasks.fetch.output }}" } }]
    output: "\${{ page.value.name + string(tasks.row.output.size()) }}"
output: "\${{ tasks.page.output }}"`,
      { handler: answering({ 'x.fetch': ({ at }) => succeedWith(`fetched ${at}`) }) },
    ).toRest();
    expect(run.output).toEqual(['a2', 'b1']);
    expect(run.task('page[0].row[1].put')?.input).toBe('{"row":2,"page":"a","from":"fetched 0"}');
    expect(run.task('page[1].row[0].put')?.input).toBe('{"row":3,"page":"b","from":"fetched 1"}');
  });
});
