import { describe, expect, test } from '@jest/globals';
import { parseDocument } from './parse-document.js';

/** Each problem as `path line:column message | hint`, in the order told. */
function told(text: string): string[] {
  const parsed = parseDocument(text);
  const problems = parsed.kind === 'bad' ? parsed.problems : [];
  return problems.map(
    ({ path, line, column, message, hint }) => `${path} ${line}:${column} ${message}${hint === null ? '' : ` | ${hint}`}`,
  );
}

type Row = readonly [why: string, document: string, ...problems: string[]];

const ROWS_KINDS: readonly Row[] = [
  [
    'a handler name',
    'workflow: w\ntasks:\n  a: { call: "my handler" }\n  b: { call: 5 }\n  c: { call: "${{ input.h }}" }',
    'tasks.a.call 3:14 `call` must be the name of a handler, such as payments.charge, not the text "my handler"',
    'tasks.b.call 4:14 `call` must be the name of a handler, such as payments.charge, not the number 5 | quote it',
    'tasks.c.call 5:14 `call` must be written out, not the text "${{ input.h }}" | an expression cannot choose the handler; use tasks with `if`',
  ],
  [
    'durations without a unit',
    'workflow: w\ntimeout: 60\ntasks:\n  a: { sleep: 5 }\n  b: { sleep: "5" }\n  c: { sleep: soon }\n  d: { sleep: [] }',
    'timeout 2:10 `timeout` must be a duration with a unit, not the number 60 | say which: 60s is seconds, 60ms milliseconds',
    'tasks.a.sleep 4:15 `sleep` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    'tasks.b.sleep 5:15 `sleep`: "5" has no unit | say which: 5s is seconds, 5ms milliseconds',
    'tasks.c.sleep 6:15 `sleep`: "soon" is not a duration | write it like 250ms, 5s, 1.5s, 1h30m or 2d',
    'tasks.d.sleep 7:15 `sleep` must be a duration such as 30s, not a list',
  ],
  [
    'times',
    'workflow: w\ntasks:\n  a: { sleepUntil: tomorrow }\n  b: { sleepUntil: "2030-01-01T09:00:00" }\n  c: { sleepUntil: "2030-13-01T09:00:00Z" }\n  d: { sleepUntil: 5 }',
    'tasks.a.sleepUntil 3:20 `sleepUntil` must be a time such as 2030-01-31T09:00:00Z, not the text "tomorrow" | for a wait of some length use `sleep`',
    'tasks.b.sleepUntil 4:20 `sleepUntil` must be a time such as 2030-01-31T09:00:00Z, not the text "2030-01-01T09:00:00" | write the offset too: Z for UTC, +02:00',
    'tasks.c.sleepUntil 5:20 `sleepUntil` must be a time such as 2030-01-31T09:00:00Z, not the text "2030-13-01T09:00:00Z" | for a wait of some length use `sleep`',
    'tasks.d.sleepUntil 6:20 `sleepUntil` must be a time such as 2030-01-31T09:00:00Z, not the number 5 | quote it',
  ],
  [
    'fail',
    'workflow: w\ntasks:\n  a: { fail: now }\n  b: { fail: {} }\n  c: { fail: { code: no stock, mesage: none } }\n  d: { fail: { code: 5, message: 6 } }',
    'tasks.a.fail 3:14 `fail` must be a map with `code` and `message`, not the text "now" | for example { code: NO_STOCK, message: nothing left }',
    'tasks.b.fail 4:14 `fail` has no `code` | for example { code: NO_STOCK, message: nothing left }',
    'tasks.c.fail.code 5:22 `code` must be an error code such as NO_STOCK, not the text "no stock"',
    'tasks.c.fail.mesage 5:32 unknown field `mesage` | did you mean `message`?',
    'tasks.d.fail.code 6:22 `code` must be an error code such as NO_STOCK, not the number 5 | quote it',
    'tasks.d.fail.message 6:34 `message` must be a text, not the number 6 | quote it',
  ],
  [
    'timeouts',
    'workflow: w\ntasks:\n  a: { call: x, timeout: 0s }\n  b: { call: x, timeout: { attempt: 5s, heartbeat: 10s, total: 2s, run: 1h } }\n  c: { call: x, timeout: 400d }\n  d: { call: x, timeout: { queue: } }',
    'tasks.a.timeout 3:26 `timeout` must be longer than 0, not the text "0s"',
    'tasks.b.timeout.heartbeat 4:52 `heartbeat` (10s) can never be missed before `attempt` (5s) ends | make it shorter than `attempt`',
    'tasks.b.timeout.total 4:64 `total` (2s) is shorter than one `attempt` (5s) | it covers all attempts and the waits between them',
    'tasks.b.timeout.run 4:68 unknown field `run` | one of attempt, queue, total, heartbeat',
    'tasks.c.timeout 5:26 `timeout`: "400d" is longer than 366d | the longest duration is 366d',
    'tasks.d.timeout.queue 6:35 `queue` must be a duration such as 30s, not nothing',
  ],
  [
    'timeouts of groups and child runs',
    [
      'workflow: w',
      'tasks:',
      '  a: { timeout: { attempt: 5s, queue: 1s, heartbeat: 1s, all: 1m }, tasks: [{ id: b, call: x }] }',
      '  c: { timeout: 10, workflow: other }',
      '  d: { timeout: {}, workflow: other }',
      '  e: { timeout: { total: 0s }, tasks: [{ id: b, call: x }] }',
      '  f: { timeout: "${{ tasks.a.output }}", workflow: other }',
      '  g: { failFast: no, tasks: [{ id: b, call: x }] }',
    ].join('\n'),
    ...['attempt 3:19', 'queue 3:32', 'heartbeat 3:43'].map((field) => {
      const [name] = field.split(' ');
      return `tasks.a.timeout.${field} \`${name}\` is not allowed here | no executor holds this task: \`total\` limits it, and each \`call\` in it has limits of its own`;
    }),
    'tasks.a.timeout.all 3:58 unknown field `all` | one of total',
    'tasks.c.timeout 4:17 `timeout` must be a duration with a unit, not the number 10 | say which: 10s is seconds, 10ms milliseconds',
    'tasks.d.timeout 5:17 `timeout` limits nothing | write `timeout: 10m`',
    'tasks.e.timeout.total 6:26 `total` must be longer than 0, not the text "0s"',
    'tasks.f.timeout 7:22 `f` reads `a` but does not need it | add `needs: [a]` to `f`',
    'tasks.g.failFast 8:18 `failFast` must be true or false, not the text "no" | write false',
  ],
  [
    'shapes of retry',
    'workflow: w\ntasks:\n  a:\n    call: x\n    retry: { maximumAttempts: "3", initialInterval: 5, jitter: true, retryOn: http.5*, nonRetryable: [404], policies: {}, backof: fixed }\n  b: { call: x, retry: 3 }',
    'tasks.a.retry.maximumAttempts 5:31 `maximumAttempts` must be a number, not the text "3" | write it without quotes',
    'tasks.a.retry.initialInterval 5:53 `initialInterval` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    'tasks.a.retry.jitter 5:64 `jitter` must be a text, not true | quote it',
    'tasks.a.retry.retryOn 5:79 `retryOn` must be a list of error codes, not the text "http.5*" | for example [http.5*]',
    'tasks.a.retry.nonRetryable[0] 5:103 `tasks.a.retry.nonRetryable[0]` must be an error code, not the number 404 | quote it',
    'tasks.a.retry.policies 5:119 `policies` must be a list of rules, not a map',
    'tasks.a.retry.backof 5:123 unknown field `backof` | did you mean `backoff`?',
    'tasks.b.retry 6:24 `retry` must be a map, not the number 3 | for example { maximumAttempts: 5, initialInterval: 1s }',
  ],
  [
    'a number as a word',
    'workflow: w\ntasks: { a: { call: x, retry: { maximumAttempts: three } } }',
    'tasks.a.retry.maximumAttempts 2:50 `maximumAttempts` must be a number, not the text "three"',
  ],
  [
    'values of retry',
    'workflow: w\ntasks:\n  a:\n    call: x\n    retry:\n      maximumAttempts: -1\n      backoff: expo\n      backoffCoefficient: 0.5\n      initialInterval: 10s\n      maximumInterval: 5s\n      maximumLost: 0\n      nonRetryable: [LOST, "a b"]\n      policies:\n        - { errors: [], maximumAttempts: 1.5 }',
    'tasks.a.retry.maximumAttempts 6:24 maximumAttempts must be a whole number, 0 or more, not -1 | 1 = never retry, 0 = no limit',
    'tasks.a.retry.backoff 7:16 backoff cannot be "expo" | one of fixed, linear, exponential',
    'tasks.a.retry.backoffCoefficient 8:27 backoffCoefficient must be a number of at least 1, not 0.5 | the wait is multiplied by it each time; 1 keeps it the same',
    'tasks.a.retry.maximumInterval 10:24 maximumInterval is 5s, less than initialInterval (10s) | raise it, or lower initialInterval',
    'tasks.a.retry.maximumLost 11:20 maximumLost must be a whole number, 1 or more, not 0 | 1 parks the task at its first lost attempt; there is no "no limit": a handler that kills its worker would never end',
    'tasks.a.retry.nonRetryable[0] 12:22 LOST is never looked up here | lost attempts have their own budget: maximumLost',
    'tasks.a.retry.nonRetryable[1] 12:28 "a b" matches no error code | codes have no spaces: http.503, http.5*, CARD_*',
    'tasks.a.retry.policies[0].errors 14:21 policies[0].errors is empty | list the error codes the rule is for, "*" for all',
    'tasks.a.retry.policies[0].maximumAttempts 14:42 maximumAttempts must be a whole number, 0 or more, not 1.5 | 1 = never retry, 0 = no limit',
  ],
  [
    'shapes of retry policies',
    'workflow: w\ntasks:\n  a:\n    call: x\n    retry: { policies: [5, { maximumAttempts: 1 }, { errors: [X], maximumLost: 2, retryOn: [] }] }',
    'tasks.a.retry.policies[0] 5:25 `tasks.a.retry.policies[0]` must be a map with `errors`, not the number 5',
    'tasks.a.retry.policies[1] 5:28 the rule has no `errors` | list the error codes it is for: errors: [http.5*]',
    'tasks.a.retry.policies[2].maximumLost 5:67 `maximumLost` is not allowed here | lost attempts have one budget: put it beside `policies`',
    'tasks.a.retry.policies[2].retryOn 5:83 `retryOn` is not allowed here | a rule is chosen by its `errors`',
  ],
  [
    'effects',
    'workflow: w\ntasks:\n  a: { call: x, effect: once, onInDoubt: probe }\n  b: { call: x, effect: twice, onInDoubt: parks }\n  c: { sleep: 1s, effect: once }',
    'tasks.b.effect 4:25 `effect` must be one of idempotent, transactional, once, not the text "twice"',
    'tasks.b.onInDoubt 4:43 `onInDoubt` must be one of park, retry, probe, fail, not the text "parks" | did you mean `park`?',
    'tasks.c.effect 5:19 `effect` is not allowed here | it belongs to a `call` task',
  ],
  [
    'how long a key is kept',
    'workflow: w\ntasks:\n  a: { call: x, idempotencyKey: "${{ run.id }}", retention: 30d }\n  b: { call: x, retention: 1d }\n  c: { call: x, idempotencyKey: "${{ run.id }}", retention: 5s }\n  d: { call: x, idempotencyKey: "${{ run.id }}", retention: 5 }',
    'tasks.b.retention 4:28 `retention` says how long an `idempotencyKey` is kept | add an idempotencyKey, or leave retention out',
    'tasks.c.retention 5:61 `retention` must be at least 1m | a key that is forgotten so soon protects nothing',
    'tasks.d.retention 6:61 `retention` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
  ],
  [
    'a queue',
    'workflow: w\ntasks:\n  a: { call: x, queue: a.b }\n  b: { call: x, queue: 5 }',
    'tasks.a.queue 3:24 `queue` must be the name of a queue (letters, digits, - and _), not the text "a.b"',
    'tasks.b.queue 4:24 `queue` must be the name of a queue (letters, digits, - and _), not the number 5 | quote it',
  ],
  [
    'an idempotency key that is the same for every item',
    'workflow: w\ntasks:\n  a:\n    forEach: { in: input.list, as: order }\n    call: x\n    idempotencyKey: ${{ input.id }}',
    'tasks.a.idempotencyKey 6:21 the key is the same for every item: inside a forEach it must read `each` or `order` | add ${{ each.index }} or a field of ${{ each.value }}',
  ],
  [
    'an idempotency key that is plain text',
    'workflow: w\ntasks:\n  a: { call: x, idempotencyKey: input.orderId }\n  b: { call: x, idempotencyKey: 5 }\n  c: { transform: 1, idempotencyKey: k }',
    'tasks.a.idempotencyKey 3:33 the key is the text "input.orderId" itself, the same in every run | write ${{ input.orderId }}',
    'tasks.b.idempotencyKey 4:33 `idempotencyKey` must be a text, not the number 5 | quote it',
    'tasks.c.idempotencyKey 5:22 `idempotencyKey` is not allowed here | it belongs to a `call` task',
  ],
  [
    'forEach',
    'workflow: w\ntasks:\n  a: { call: x, forEach: { as: in, parallel: 0, tolerate: 150%, concurrency: 3 } }\n  b: { call: x, forEach: 5 }\n  c: { call: x, forEach: "pages ${{ input.n }}" }\n  d: { call: x, forEach: { in: [1], parallel: "5", tolerate: -1, as: 7 } }',
    'tasks.a.forEach 3:26 `forEach` has no `in` | the list to go through: `in: input.pages`',
    'tasks.a.forEach.as 3:32 `in` is a reserved word of expressions | choose another name',
    'tasks.a.forEach.parallel 3:46 `parallel` must be a whole number from 1 to 10000, not the number 0',
    'tasks.a.forEach.tolerate 3:59 `tolerate` must be a whole number of items or a share of them such as 10%, not the text "150%"',
    'tasks.a.forEach.concurrency 3:65 unknown field `concurrency` | one of in, as, parallel, tolerate',
    'tasks.b.forEach 4:26 `forEach` must be a list or an expression that gives one, not the number 5',
    'tasks.c.forEach 5:26 `forEach` must be a list or one whole expression that gives one, not the text "pages ${{ input.n }}" | text around an expression makes it a text',
    'tasks.d.forEach.parallel 6:47 `parallel` must be a whole number from 1 to 10000, not the text "5" | write it without quotes',
    'tasks.d.forEach.tolerate 6:62 `tolerate` must be a whole number of items or a share of them such as 10%, not the number -1',
    'tasks.d.forEach.as 6:70 `as` must be a text, not the number 7 | quote it',
  ],
  [
    'a loop called like the one around it',
    'workflow: w\ntasks:\n  a:\n    forEach: { in: input.list, as: page }\n    tasks:\n      b: { call: x, forEach: { in: page.value, as: page } }',
    'tasks.a.tasks.b.forEach.as 6:52 a loop around this one is already called `page` | choose another name',
  ],
  [
    'http',
    'workflow: w\ntasks:\n  a: { call: http }\n  b: { call: http, with: { uri: "http://x" } }\n  c: { call: http, with: hello }',
    'tasks.a.call 3:14 `http` needs `with` | it requires `url`',
    'tasks.b.with 4:26 `http` has no `url` | it requires `url`',
    'tasks.b.with.uri 4:28 unknown field `uri` | did you mean `url`?',
    'tasks.c.with 5:26 `with` must be a map with `method`, `url`, `headers`, `query`, `body`, `timeout`, not the text "hello"',
  ],
  [
    'program text with expressions',
    'workflow: w\ntasks:\n  a: { call: shell, with: { run: "echo ${{ input.x }}" } }\n  b: { call: script, with: { code: "return ${{ input.x }}" } }\n  c: { call: sql, with: { query: "select ${{ input.x }}", parameters: [] } }\n  d: { call: shell, with: "${{ input }}" }\n  e: { call: shell, with: { run: [ls] } }',
    'tasks.a.with.run 3:34 expressions are not allowed inside the program text of `shell` | data could become code: pass values by `args` or `env`',
    'tasks.b.with.code 4:36 expressions are not allowed inside the program text of `script` | data could become code: pass values by `args`',
    'tasks.c.with.query 5:34 expressions are not allowed inside the program text of `sql` | data could become code: pass values by `params`',
    'tasks.c.with.parameters 5:59 unknown field `parameters` | one of connection, query, params',
    'tasks.d.with 6:27 `with` must be a map with `run`, `args`, `env`, `cwd`, `stdin`, not the text "${{ input }}" | an expression for all of it could choose `run` too',
    'tasks.e.with.run 7:34 `run` must be a text, not a list',
  ],
];

describe('a bad document is told where, what and how: kinds', () => {
  test.each(ROWS_KINDS)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});
