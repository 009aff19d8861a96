import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../../test/told.js';
import { parseDocument } from '../parse-document.js';

const WITH = 'for example { call: payments.refund, with: { id: "${{ output.id }}" } }';
const WAITS = 'a wait changes nothing that could be undone';

const ROWS: readonly BadDocument[] = [
  [
    'compensations of what has nothing to undo',
    `workflow: w
tasks:
  a: { sleep: 5s, compensate: { call: x } }
  b: { sleepUntil: "2030-01-31T09:00:00Z", compensate: { call: x } }
  c: { fail: { code: X }, compensate: { call: x } }
  d: { waitFor: { event: a.b }, compensate: { call: x } }
  e: { approval: { subject: s }, compensate: { call: x } }`,
    `tasks.a.compensate 3:19 \`compensate\` is not allowed here | ${WAITS}`,
    `tasks.b.compensate 4:44 \`compensate\` is not allowed here | ${WAITS}`,
    'tasks.c.compensate 5:27 `compensate` is not allowed here | a task that only fails has done nothing that could be undone',
    `tasks.d.compensate 6:33 \`compensate\` is not allowed here | ${WAITS}`,
    'tasks.e.compensate 7:34 `compensate` is not allowed here | a decision is not undone: put it on the task that acts on it',
  ],
  [
    'compensations that are no call',
    'workflow: w\ntasks:\n  a: { call: x, compensate: y }\n  b: { call: x, compensate: { transform: 1 } }\n  c: { call: x, compensate: { call: y, succeedWhen: true } }',
    `tasks.a.compensate 3:29 \`compensate\` must be a map with \`call\` and \`with\`, not the text "y" | ${WITH}`,
    `tasks.b.compensate 4:29 \`compensate\` has no \`call\` | ${WITH}`,
    'tasks.b.compensate.transform 4:31 unknown field `transform` | one of call, with, queue, retry, timeout, idempotencyKey, retention, effect, onInDoubt, dependency',
    'tasks.c.compensate.succeedWhen 5:40 unknown field `succeedWhen` | one of call, with, queue, retry, timeout, idempotencyKey, retention, effect, onInDoubt, dependency',
  ],
  [
    'what a compensation reads',
    `workflow: w
tasks:
  a: { call: x, with: "\${{ output }}" }
  b: { call: x, compensate: { call: y, with: ["\${{ tasks.a.output }}", "\${{ tasks.b.output }}", "\${{ output }}", "\${{ tasks.b.items }}"] } }
  c: { forEach: [1], call: x, compensate: { call: y, with: ["\${{ each.index }}", "\${{ tasks.c.items }}"], idempotencyKey: k } }`,
    'tasks.a.with 3:28 `output` can be read only in `succeedWhen`, `repeat`, `compensate` and polls | the output of a task is tasks.ID.output',
    'tasks.b.compensate.with[0] 4:52 `b` reads `a` but does not need it | add `needs: [a]` to `b`',
    'tasks.b.compensate.with[3] 4:119 `b` has no `items` | only a task with forEach has them; read `output`',
    'tasks.c.compensate.with[1] 5:87 `c` has no `items` | only a task with forEach has them; read `output`',
    'tasks.c.compensate.idempotencyKey 5:123 the key is the same for every item: inside a forEach it must read `each` | add ${{ each.index }} or a field of ${{ each.value }}',
  ],
  [
    'what follows a failure',
    'workflow: w\ntasks: { a: { call: x } }\nonFailure:\n  tell: { call: x }',
    'onFailure 4:3 `onFailure` must be a list of tasks, which run one after the other, not a map | a list, each item with an `id`',
  ],
  [
    'compensations after it, though nothing is undone then',
    'workflow: w\ntasks: { a: { call: x } }\nonFailure:\n  - { id: b, call: x, compensate: { call: y } }\n  - { id: c, tasks: { d: { call: x, compensate: { call: y } } } }',
    'onFailure[0].compensate 4:23 `compensate` is not allowed in `onFailure` | it runs when everything has been undone',
    'onFailure[1].tasks.d.compensate 5:37 `compensate` is not allowed in `onFailure` | it runs when everything has been undone',
  ],
  [
    'the name of it',
    'workflow: w\ntasks: { onFailure: { call: x } }',
    'tasks.onFailure 2:10 `onFailure` cannot be the id of a task | choose another name',
  ],
  [
    'the name of it in a sequence',
    'workflow: w\ntasks: [{ id: a, tasks: { onFailure: { call: x } } }, { id: onFailure, call: x }, { call: x }, x]',
    'tasks[1].id 2:61 `onFailure` cannot be the id of a task | choose another name',
    'tasks[2] 2:83 the task has no `id` | each item of a list of tasks needs one',
    'tasks[3] 2:96 a task must be a map, not the text "x" | for example `{ call: http, with: { … } }`',
  ],
  [
    'what it reads',
    'workflow: w\ntasks: { a: { call: x } }\nonFailure: [{ id: b, call: x, with: "${{ tasks.a.output }} ${{ tasks.c.output }} ${{ tasks.nope }}" }, { id: c, call: x }]',
    'onFailure[0].with 3:64 `b` reads `c` but does not need it | `c` comes later in the list',
    'onFailure[0].with 3:86 there is no task `nope` here | there are b, c, a',
  ],
  [
    'tasks that are none',
    'workflow: w\ntasks: 5\nonFailure: 7',
    'tasks 2:8 `tasks` must be a map of tasks (a graph by `needs`) or a list of tasks (a sequence), not the number 5',
  ],
];

describe('a document that says wrongly what follows a failure is told where, what and how', () => {
  test.each(ROWS)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});

test('every kind of task that changes something may be undone, and every call in it is known', () => {
  const parsed = parseDocument(`workflow: w
defaults: { queue: slow }
tasks:
  a: { call: one, compensate: { call: two, queue: fast, timeout: 5s, retry: { maximumAttempts: 9 }, idempotencyKey: "\${{ run.id }}" } }
  b: { transform: 1, compensate: { call: three, with: { secret: "\${{ secrets.KEY }}", error: "\${{ run.error }}" } } }
  c: { emit: { type: a.b }, compensate: { call: four } }
  d: { workflow: child, compensate: { call: five } }
  e: { tasks: { f: { call: six } }, compensate: { call: seven } }
onFailure: [{ id: tell, call: eight }]`);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  expect(parsed.calls.map(({ call, queue }) => `${call} ${queue}`)).toEqual([
    'one slow',
    'two fast',
    'three slow',
    'four slow',
    'five slow',
    'six slow',
    'seven slow',
    'eight slow',
  ]);
});
