import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../../test/told.js';

const ROWS_TASKS: readonly BadDocument[] = [
  [
    'tasks that are a text',
    'workflow: w\ntasks: none',
    'tasks 2:8 `tasks` must be a map of tasks (a graph by `needs`) or a list of tasks (a sequence), not the text "none"',
  ],
  ['no task in a map', 'workflow: w\ntasks: {}', 'tasks 2:8 there are no tasks | a group needs at least one'],
  ['no task in a list', 'workflow: w\ntasks: []', 'tasks 2:8 there are no tasks | a group needs at least one'],
  [
    'a task that is no map',
    'workflow: w\ntasks: { a: http, b: }',
    'tasks.a 2:13 a task must be a map, not the text "http" | for example `{ call: http, with: { … } }`',
    'tasks.b 2:22 a task must be a map, not nothing | for example `{ call: http, with: { … } }`',
  ],
  [
    'a kind misspelled',
    'workflow: w\ntasks:\n  a:\n    transfrom: 1',
    'tasks.a.transfrom 4:5 unknown field `transfrom` | did you mean `transform`?',
  ],
  [
    'no kind',
    'workflow: w\ntasks:\n  a: { with: {} }\n  b: {}',
    'tasks.a 3:3 `a` does nothing | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
    'tasks.b 4:3 `b` does nothing | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
  ],
  [
    'two kinds',
    'workflow: w\ntasks:\n  a: { call: x, sleep: 5s }',
    'tasks.a.sleep 3:17 `a` is `call` and `sleep` at once | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
  ],
  [
    'two kinds the other way round, told at the later one',
    'workflow: w\ntasks:\n  a: { sleep: 5s, call: x }',
    'tasks.a.call 3:19 `a` is `call` and `sleep` at once | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
  ],
  [
    'three kinds',
    'workflow: w\ntasks:\n  a: { call: x, sleep: 5s, fail: {} }',
    'tasks.a.fail 3:28 `a` is `call`, `sleep` and `fail` at once | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
  ],
  [
    'kinds that say too little',
    'workflow: w\ntasks:\n  a: { workflow: shipping, with: {} }\n  b: { approval: {} }\n  c: { waitFor: {} }\n  d: { emit: {} }',
    'tasks.b.approval 4:18 `approval` has no `subject` | for example { subject: Refund this?, assignees: [anna], expire: 2d }',
    'tasks.c.waitFor 5:17 `waitFor` has no `event` | for example { event: order.paid, match: event.data.orderId, key: input.orderId }',
    'tasks.d.emit 6:14 `emit` has no `type` | for example { type: order.shipped, data: { id: "${{ input.id }}" } }',
  ],
  [
    'fields that say too little, and fields of a later version',
    'workflow: w\ntasks:\n  a: { call: x, compensate: {}, rateLimit: {}, dependency: 1 }',
    'tasks.a.compensate 3:29 `compensate` has no `call` | for example { call: payments.refund, with: { id: "${{ output.id }}" } }',
    'tasks.a.rateLimit 3:44 `rateLimit` has no `max` | for example { max: 10, per: 1s }',
    'tasks.a.rateLimit 3:44 `rateLimit` has no `per` | for example { max: 10, per: 1s }',
    'tasks.a.dependency 3:60 `dependency` must be the name of what it depends on, such as bank or payments.charge, not the number 1 | quote it',
  ],
  [
    'priorities that are none, or of what is not queued',
    'workflow: w\ntasks:\n  a: { call: x, priority: urgent }\n  b: { call: x, priority: 1, compensate: { call: y, priority: low } }\n  c: { sleep: 5s, priority: low }',
    'tasks.a.priority 3:27 `priority` must be one of high, normal, low, not the text "urgent"',
    'tasks.b.priority 4:27 `priority` must be one of high, normal, low, not the number 1',
    'tasks.b.compensate.priority 4:53 unknown field `priority` | one of call, with, queue, retry, timeout, idempotencyKey, retention, effect, onInDoubt, dependency',
    'tasks.c.priority 5:19 `priority` is not allowed here | it belongs to a `call` task',
  ],
  [
    'fields of another kind',
    'workflow: w\ntasks:\n  a: { transform: 1, retry: {}, timeout: 5s, output: 1 }\n  b: { sleep: 1s, with: {} }',
    'tasks.a.retry 3:22 `retry` is not allowed here | it belongs to a `call` task',
    'tasks.a.timeout 3:33 `timeout` is not allowed here | it belongs to a `call` task',
    'tasks.a.output 3:46 `output` is not allowed here | it belongs to a `tasks` task',
    'tasks.b.with 4:19 `with` is not allowed here | it belongs to a `call` task',
  ],
  [
    'an unknown field',
    'workflow: w\ntasks:\n  a: { call: x, runwhen: done, colour: red }',
    'tasks.a.runwhen 3:17 unknown field `runwhen` | did you mean `runWhen`?',
    'tasks.a.colour 3:32 unknown field `colour` | one of needs, if, runWhen, forEach, repeat, onError, call, with, queue, retry, timeout, succeedWhen, idempotencyKey, retention, effect, onInDoubt, rateLimit, dependency, priority, compensate',
  ],
  [
    'ids that are no names',
    'workflow: w\ntasks:\n  a-b: { call: x }\n  1a: { call: x }\n  in: { call: x }\n  input: { call: x }\n  constructor: { call: x }\n  "": { call: x }\n  é: { call: x }\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: { call: x }',
    'tasks["a-b"] 3:3 "a-b" is not a valid name | use _ instead of -: a_b',
    'tasks["1a"] 4:3 "1a" is not a valid name | letters, digits and _, a letter first',
    'tasks.in 5:3 `in` is a reserved word of expressions | choose another name',
    'tasks.constructor 7:3 `constructor` already means something in expressions | choose another name',
    'tasks[""] 8:3 "" is not a valid name | letters, digits and _, a letter first',
    'tasks["é"] 9:3 "é" is not a valid name | letters, digits and _, a letter first',
    'tasks.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 10:3 the name "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..." is longer than 64 characters',
  ],
  [
    'a list item without id',
    'workflow: w\ntasks:\n  - call: x\n  - {}',
    'tasks[0] 3:5 the task has no `id` | each item of a list of tasks needs one',
    'tasks[1] 4:5 the task has no `id` | each item of a list of tasks needs one',
    'tasks[1] 4:5 the task does nothing | a task is exactly one of `call`, `transform`, `sleep`, `sleepUntil`, `fail`, `tasks`, `workflow`, `approval`, `waitFor` or `emit`',
  ],
  [
    'ids of list items',
    'workflow: w\ntasks:\n  - { id: a, call: x }\n  - { id: a, call: y }\n  - { id: 5, call: z }\n  - { id: a-b, call: z }',
    'tasks[1].id 4:11 there is already a task `a` in this list | ids are unique in their group',
    'tasks[2].id 5:11 `id` must be a text, not the number 5 | quote it if it is meant as text',
    'tasks[3].id 6:11 "a-b" is not a valid name | use _ instead of -: a_b',
  ],
  [
    'needs in a list',
    'workflow: w\ntasks:\n  - { id: a, call: x }\n  - { id: b, call: y, needs: [a] }',
    'tasks[1].needs 4:23 `needs` is not allowed in a list of tasks | each item needs the one before it; write a map of tasks for a graph',
  ],
  [
    'needs of what is not there',
    'workflow: w\ntasks:\n  reserve: { call: x }\n  charge: { call: y, needs: [resreve, 5, reserve, reserve] }\n  ship: { call: z, needs: 7 }',
    'tasks.charge.needs[0] 4:30 there is no task `resreve` here | did you mean `reserve`?',
    'tasks.charge.needs[1] 4:39 `tasks.charge.needs[1]` must be the id of a task, not the number 5',
    'tasks.charge.needs[3] 4:51 `reserve` is listed twice',
    'tasks.ship.needs 5:27 `needs` must be a list of task ids, not the number 7',
  ],
  [
    'needs of a task in another group',
    'workflow: w\ntasks:\n  a: { call: x }\n  g:\n    tasks:\n      b: { call: y, needs: [a] }',
    'tasks.g.tasks.b.needs[0] 6:29 there is no task `a` here | a task can need only tasks beside it',
  ],
  [
    'a task that needs itself',
    'workflow: w\ntasks:\n  a: { call: x, needs: [a] }',
    'tasks.a.needs[0] 3:25 `needs` goes round in a circle: a → a | a task cannot need itself',
  ],
  [
    'a circle',
    'workflow: w\ntasks:\n  a: { call: x, needs: [b] }\n  b: { call: y, needs: [c] }\n  c: { call: z, needs: [a] }',
    'tasks.c.needs[0] 5:25 `needs` goes round in a circle: a → b → c → a | none of them could ever start: remove one of these needs',
  ],
  [
    'runWhen and onError',
    'workflow: w\ntasks:\n  a: { call: x, runWhen: failled, onError: ignore }',
    'tasks.a.runWhen 3:26 `runWhen` must be one of succeeded, done, failed, anySucceeded, not the text "failled" | did you mean `failed`?',
    'tasks.a.onError 3:44 `onError` must be one of fail, continue, not the text "ignore"',
  ],
  [
    'id in a map, where the key is the id',
    'workflow: w\ntasks:\n  a: { id: b, call: x }',
    'tasks.a.id 3:8 `id` is not allowed here | in a map of tasks the key is the id',
  ],
];

describe('a bad document is told where, what and how: tasks', () => {
  test.each(ROWS_TASKS)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});
