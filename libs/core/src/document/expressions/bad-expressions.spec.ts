import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../../test/told.js';

const ROWS_EXPRESSIONS: readonly BadDocument[] = [
  [
    'syntax',
    'workflow: w\ntasks:\n  a: { call: x, if: "input.x >" }\n  b: { call: x, if: "input.x ==== 1" }\n  c: { call: x, with: { v: "total ${{ input.x + }}" } }\n  d: { call: x, with: "${{ input.x" }\n  e: { call: x, if: "" }',
    'tasks.a.if 3:31 unexpected token: the end',
    'tasks.b.if 4:32 unexpected token: eq',
    'tasks.c.with.v 5:49 unexpected token: the end',
    'tasks.d.with 6:24 the "${{" is never closed by "}}"; write "$${{" for the characters',
    'tasks.e.if 7:22 the expression is empty',
  ],
  [
    'an unknown function',
    'workflow: w\ntasks:\n  a: { transform: "${{ siez(input.list) }}" }',
    'tasks.a.transform 3:24 unknown function siez(); did you mean size()?',
  ],
  [
    'an expression that is too long to be read',
    `workflow: w\ntasks: { a: { call: x, if: "${'1+'.repeat(3_000)}1" } }`,
    'tasks.a.if 2:29 the expression has 6001 characters; at most 4096 are allowed',
  ],
  [
    'in the middle of a literal block',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: |\n      input.x == 1 &&\n        nope == 2',
    'tasks.a.if 7:9 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
  ],
  [
    'in the last line of a literal block that has no line break there',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: |-\n      input.x == 1 &&\n        nope == 2',
    'tasks.a.if 7:9 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
  ],
  [
    'in a literal block that stands elsewhere',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: &c |\n      input.x == 1 &&\n        nope == 2\n  b: { call: x, if: *c }',
    'tasks.a.if 7:9 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
    'tasks.b.if 8:21 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
  ],
  [
    'in a folded text',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: >\n      input.x == 1 &&\n      nope == 2',
    'tasks.a.if 5:9 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
  ],
  [
    'in a quoted text with escapes',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: "input.x == \\"a\\" && nope == 2"',
    'tasks.a.if 5:9 `nope` is not known here | an expression here can read input, tasks, run; texts need quotes',
  ],
  [
    'a condition that is no text',
    'workflow: w\ntasks:\n  a: { call: x, if: }\n  b: { call: x, if: [1] }\n  c: { call: x, if: 1 }',
    'tasks.a.if 3:21 `if` must be an expression, not nothing',
    'tasks.b.if 4:21 `if` must be an expression, not a list',
    'tasks.c.if 5:21 `if` must be an expression, not the number 1',
  ],
  [
    'two expressions in a condition',
    'workflow: w\ntasks:\n  a: { call: x, if: "${{ input.a }} && ${{ input.b }}" }',
    "tasks.a.if 3:34 unexpected character: '}'",
  ],
  [
    'roots that are not there',
    'workflow: w\ntasks:\n  a:\n    call: x\n    with:\n      - ${{ event.data }}\n      - ${{ output.x }}\n      - ${{ each.value }}\n      - ${{ round.number }}\n      - ${{ schedule.time }}\n      - ${{ inptu.x }}\n      - ${{ whatever }}\n      - ${{ a.output }}\n      - ${{ sku }}\ninput: { properties: { sku: {} } }',
    'tasks.a.with[0] 6:13 `event` can be read only in `on` and in `waitFor` | pass what you need through the input of the trigger',
    'tasks.a.with[1] 7:13 `output` can be read only in `succeedWhen`, `repeat`, `compensate` and polls | the output of a task is tasks.ID.output',
    'tasks.a.with[2] 8:13 `each` can be read only inside a forEach | in `if` and `forEach` of the task itself the loop has not begun yet',
    'tasks.a.with[3] 9:13 `round` can be read only inside a repeat | in `if` and `forEach` of the task itself no round has begun yet',
    'tasks.a.with[4] 10:13 `schedule` can be read only in schedules and polls | a task reads run.scheduledFor, or what the input of the trigger passes on',
    'tasks.a.with[5] 11:13 `inptu` is not known here | did you mean `input`?',
    'tasks.a.with[6] 12:13 `whatever` is not known here | an expression here can read input, tasks, run, secrets; texts need quotes',
    'tasks.a.with[7] 13:13 `a` is not known here | for the task write tasks.a',
    'tasks.a.with[8] 14:13 `sku` is not known here | for the field of the input write input.sku',
  ],
  [
    'each before the loop has begun',
    'workflow: w\ntasks:\n  a: { call: x, forEach: "each.value", if: each.index > 0 }',
    'tasks.a.forEach 3:27 `each` can be read only inside a forEach | in `if` and `forEach` of the task itself the loop has not begun yet',
    'tasks.a.if 3:44 `each` can be read only inside a forEach | in `if` and `forEach` of the task itself the loop has not begun yet',
  ],
  [
    'secrets as operands and outside of with',
    'workflow: w\ntasks:\n  a: { call: x, with: { v: "${{ secrets.A + 1 }}" }, if: secrets.A == 1 }\n  b: { transform: "${{ secrets.A }}" }\n  c: { call: x, with: "${{ secrets }}" }',
    'tasks.a.with.v 3:33 a secret stands alone, as in ${{ secrets.NAME }}: its value is known only where the task runs',
    'tasks.a.if 3:58 `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
    'tasks.b.transform 4:24 `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
    'tasks.c.with 5:28 a secret stands alone, as in ${{ secrets.NAME }}: its value is known only where the task runs',
  ],
  [
    'fields that are not there',
    'workflow: w\ntasks:\n  a: { call: x, with: ["${{ run.ID }}", "${{ run.foo }}"] }\n  b: { call: x, forEach: [1], with: "${{ each.valeu }}" }',
    'tasks.a.with[0] 3:29 `run` has no field `ID` | did you mean `id`?',
    'tasks.a.with[1] 3:46 `run` has no field `foo` | it has id, workflow, startedAt, scheduledFor, labels, error',
    'tasks.b.with 4:42 `each` has no field `valeu` | did you mean `value`?',
  ],
  [
    'tasks that are not needed or not there',
    'workflow: w\ntasks:\n  reserve: { call: x }\n  charge: { call: y, with: ["${{ tasks.reserve.output }}", "${{ tasks.resreve.output }}", "${{ tasks.charge.output }}", "${{ tasks }}", "${{ tasks.zzzzzzz.output }}"] }',
    'tasks.charge.with[0] 4:34 `charge` reads `reserve` but does not need it | add `needs: [reserve]` to `charge`',
    'tasks.charge.with[1] 4:65 there is no task `resreve` here | did you mean `reserve`?',
    'tasks.charge.with[2] 4:96 `charge` cannot read itself | in `succeedWhen` its output is `output`',
    'tasks.charge.with[3] 4:126 name the task: tasks.ID | which tasks are read must be known beforehand',
    'tasks.charge.with[4] 4:142 there is no task `zzzzzzz` here | there are reserve, charge',
  ],
  [
    'fields of tasks',
    'workflow: w\ntasks:\n  a: { call: x }\n  b: { call: y, needs: [a], with: ["${{ tasks.a.ouput }}", "${{ tasks.a.id }}", "${{ tasks.a.items }}", \'${{ tasks.a["x-y"] }}\'] }',
    'tasks.b.with[0] 4:41 a task has no field `ouput` | did you mean `output`?',
    'tasks.b.with[1] 4:65 a task has no field `id` | what it returned is tasks.a.output.id',
    'tasks.b.with[2] 4:86 `a` has no `items` | only a task with forEach has them; read `output`',
    'tasks.b.with[3] 4:110 a task has no field `x-y` | what it returned is tasks.a.output["x-y"]',
  ],
  [
    'a task of which only the others know that it is one',
    'workflow: w\ntasks:\n  a: { call: x }\n  b: 5\n  c: { call: y, needs: [b], with: "${{ tasks.a.output }}" }',
    'tasks.b 4:6 a task must be a map, not the number 5 | for example `{ call: http, with: { … } }`',
    'tasks.c.with 5:40 `c` reads `a` but does not need it | add `needs: [a]` to `c`',
  ],
  [
    'later tasks of a list',
    'workflow: w\ntasks:\n  - { id: a, call: x, with: "${{ tasks.b.output }}" }\n  - { id: b, call: y }',
    'tasks[0].with 3:34 `a` reads `b` but does not need it | `b` comes later in the list',
  ],
  [
    'a task of a list that reads itself',
    'workflow: w\ntasks: [{ id: a, call: x, with: "${{ tasks.a.output }}" }]',
    'tasks[0].with 2:38 `a` cannot read itself | in `succeedWhen` its output is `output`',
  ],
  [
    'inner tasks from outside',
    'workflow: w\ntasks:\n  g: { tasks: [{ id: b, call: x }] }\n  c: { call: y, needs: [g], with: ["${{ tasks.b.output }}", "${{ tasks.g.b.output }}"] }',
    'tasks.c.with[0] 4:41 there is no task `b` here | there are g, c',
    'tasks.c.with[1] 4:66 a task has no field `b` | what it returned is tasks.g.output.b',
  ],
  [
    'outer tasks that the group does not need',
    'workflow: w\ntasks:\n  a: { call: x }\n  g:\n    tasks:\n      b: { call: y, with: "${{ tasks.a.output }}" }\n    output: ${{ tasks.a.output }}',
    'tasks.g.tasks.b.with 6:32 `g` reads `a` but does not need it | add `needs: [a]` to `g`',
    'tasks.g.output 7:17 `g` reads `a` but does not need it | add `needs: [a]` to `g`',
  ],
  [
    'a key that is an expression',
    'workflow: w\ntasks:\n  a: { call: x, with: { "${{ input.k }}": 1 } }',
    'tasks.a.with["${{ input.k }}"] 3:25 a key cannot be an expression | only values can',
  ],
  [
    'the output of the workflow',
    'workflow: w\ntasks: { a: { call: x } }\noutput: { v: "${{ tasks.b.output }}", w: "${{ each.value }}" }',
    'output.v 3:19 there is no task `b` here | there are a',
    'output.w 3:47 `each` can be read only inside a forEach | in `if` and `forEach` of the task itself the loop has not begun yet',
  ],
];

describe('a bad document is told where, what and how: expressions', () => {
  test.each(ROWS_EXPRESSIONS)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});

test('an unquoted key of a number, a word or nothing is its text', () => {
  expect(told('workflow: w\ntasks: { a: { call: x, with: { 1: a, true: b, ~: c, 1.10: d } } }')).toEqual([]);
  expect(told('workflow: w\n1: x\ntasks: { a: { call: x } }')).toEqual([expect.stringMatching(/^\["1"\] 2:1 unknown field `1`/)]);
});
