import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../../test/told.js';

const ROWS_YAML: readonly BadDocument[] = [
  [
    'a map of an unquoted expression in braces',
    'workflow: w\ntasks:\n  a: { call: x, with: { sku: ${{ input.sku }} } }',
    ' 3:31 this cannot be read as YAML: unexpected flow-map-start at node end | quote the expression: "${{ … }}"',
  ],
  [
    'an unquoted ternary',
    'workflow: w\ntasks:\n  a:\n    call: x\n    with:\n      v: ${{ input.x ? 1 : 2 }}',
    ' 6:10 YAML reads ": " in an unquoted value as a map | quote the expression: "${{ … }}"',
  ],
  [
    'an unquoted ternary in a list',
    'workflow: w\ntasks:\n  a:\n    call: x\n    with:\n      - ${{ input.x ? 1 : 2 }}',
    'tasks.a.with[0] 6:9 YAML takes this expression apart at ": " | quote the expression: "${{ … }}"',
  ],
  [
    '" #" in an expression',
    'workflow: w\ntasks:\n  a:\n    call: x\n    with:\n      v: ${{ input.x + " #1" }}',
    'tasks.a.with.v 6:10 the "${{" is never closed by "}}"; write "$${{" for the characters | YAML starts a comment at " #": quote the whole value',
  ],
  [
    '" #" in a bare expression',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: input.x == " #1"',
    'tasks.a.if 5:20 unterminated string | YAML starts a comment at " #": quote the whole value',
  ],
  [
    '"!" at the start',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: !input.ready',
    'tasks.a.if 5:9 `!input.ready` is read as a YAML tag | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    '"!" with a space',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: ! input.ready',
    'tasks.a.if 5:9 `!` is read as a YAML tag | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    'a tag',
    'workflow: w\ntasks:\n  a:\n    call: !!js/function x',
    'tasks.a.call 4:11 `!!js/function` is read as a YAML tag | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    'a tag of the core schema on a map',
    'workflow: w\ntasks: !!map\n  a: { call: x }',
    'tasks 2:8 `!!map` is read as a YAML tag | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    'a tag before an anchor, comments and the value',
    'workflow: w\ntasks:\n  a:\n    call: x\n    with: !t # why!\n      &b # and !so\n      y',
    'tasks.a.with 5:11 `!t` is read as a YAML tag | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    'a tag a long way before its value',
    `workflow: w\ntasks:\n  a:\n    call: x\n    with: !t # ${'very '.repeat(200)}far\n      y`,
    'tasks.a.with 6:7 a YAML tag stands before this value | quote the value if it starts with "!"; tags are not allowed',
  ],
  [
    '"*" at the start',
    'workflow: w\non:\n  - event: *.order\ntasks: { a: { call: x } }',
    'on[0].event 3:12 `*.order` is read as a YAML alias, and no anchor has that name | quote the value if it starts with "*"',
  ],
  ['an alias that contains itself', 'workflow: w\ntasks: &t\n  a: *t', 'tasks.a 3:6 `*t` contains itself | write the value out'],
  [
    '": " in a condition',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: input.a == "x: y"',
    ' 5:9 YAML reads ": " in an unquoted value as a map | quote the whole value',
  ],
  [
    'a condition that starts with a quote',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: "a" == input.b',
    ' 5:13 this cannot be read as YAML: unexpected scalar at node end | YAML ends a quoted text at its quote: put the whole value in the other kind of quotes, as in \'"a" == input.b\'',
  ],
  [
    'a condition that starts with a list',
    'workflow: w\ntasks:\n  a:\n    call: x\n    if: [1, 2].size() > 0',
    ' 5:15 this cannot be read as YAML: unexpected scalar at node end | quote the whole value',
  ],
  [
    'a reserved first character',
    'workflow: w\ndescription: @home\ntasks: { a: { call: x } }',
    ' 2:14 this cannot be read as YAML: plain value cannot start with reserved character @ | a value that starts with @ must be quoted',
  ],
  [
    'a value that looks like a block',
    'workflow: w\ndescription: > 3\ntasks: { a: { call: x } }',
    ' 2:16 this cannot be read as YAML: not a YAML token: 3 | a value that starts with > must be quoted',
  ],
  [
    'a quote that is never closed',
    'workflow: "w\ntasks: { a: { call: x } }',
    ' 2:26 a quote is never closed | quote the whole value',
  ],
  [
    'a comment right behind a bracket',
    'workflow: w\non: []#none\ntasks: { a: { call: x } }',
    ' 2:7 YAML misses something here: Comments must be separated from other tokens by white space characters',
  ],
  [
    'a bracket that is never closed',
    'workflow: w\ntasks: { a: { call: x }',
    ' 2:24 a { or [ is never closed, or a line inside it is not indented',
  ],
  ['a tab', 'workflow: w\ntasks:\n\ta: { call: x }', ' 3:1 a tab is used to indent | indent with spaces'],
  [
    'a key twice',
    'workflow: w\ntasks:\n  a: { call: x, call: y }\nworkflow: v',
    'tasks.a.call 3:17 `call` is there twice | keep one of them',
    'workflow 4:1 `workflow` is there twice | keep one of them',
  ],
  [
    'a key that is a map',
    'workflow: w\ntasks: { a: { call: x, with: { { b: 1 }: 2 } } }',
    'tasks.a.with 2:32 a key must be a plain text | quote it if it starts with one of & * ! { [',
  ],
  [
    'a merge key',
    'workflow: w\ntasks: { a: { call: x, with: { <<: { b: 1 } } } }',
    'tasks.a.with 2:32 merge keys (`<<`) are not allowed | write the fields out; `defaults` shares retry, timeout, queue and priority',
  ],
  [
    'the key __proto__',
    'workflow: w\ntasks: { a: { call: x, with: { __proto__: 1 } } }',
    'tasks.a.with 2:32 `__proto__` is not allowed as a key',
  ],
  [
    'two documents',
    'workflow: w\ntasks: { a: { call: x } }\n---\nworkflow: v',
    ' 3:1 the text holds more than one document | register one workflow at a time',
  ],
  [
    'a directive',
    '%YAML 1.1\n---\nworkflow: w\ntasks: { a: { call: x } }',
    ' 1:1 YAML directives (`%…`) are not allowed | remove them; documents are read as YAML 1.2',
  ],
  [
    'numbers that JSON does not have',
    'workflow: w\ntasks: { a: { call: x, with: [.inf, 9007199254740993, 1e400] } }',
    'tasks.a.with[0] 2:31 `.inf` is not a number that JSON has | quote it if it is meant as text',
    'tasks.a.with[1] 2:37 `9007199254740993` is too large a number: its last digits would be lost | quote it and pass it as text',
    'tasks.a.with[2] 2:55 `1e400` is not a number that JSON has | quote it if it is meant as text',
  ],
  [
    'NUL and half a character',
    'workflow: w\ntasks: { a: { call: x, with: ["a\\0b", "\\ud800", { "\\0": 1 }] } }',
    'tasks.a.with[0] 2:31 the text holds the character NUL (\\0) | remove it: Postgres cannot keep it',
    'tasks.a.with[1] 2:39 the text holds half a character (a lone surrogate) | remove it',
    'tasks.a.with[2] 2:51 the text holds the character NUL (\\0) | remove it: Postgres cannot keep it',
  ],
  [
    'Windows line ends',
    'workflow: w\r\ntasks:\r\n  a:\r\n    cal: x\r\n',
    'tasks.a.cal 4:5 unknown field `cal` | did you mean `call`?',
  ],
  [
    'JSON',
    '{\n\t"workflow": "w",\n\t"tasks": {"a": {"call": "x", "retires": 3}}\n}',
    'tasks.a.retires 3:31 unknown field `retires` | one of needs, if, runWhen, forEach, repeat, onError, call, with, queue, retry, timeout, succeedWhen, idempotencyKey, retention, effect, onInDoubt, rateLimit, dependency, priority, compensate',
  ],
];

describe('a bad document is told where, what and how: what YAML makes of it', () => {
  test.each(ROWS_YAML)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});

test('a value that cannot be read is told once, and nothing is said about what it might have been', () => {
  const tagged = (text: string): string => text.replaceAll('T', '!tag x');
  const document = tagged(
    [
      'workflow: T',
      'version: T',
      'input: T',
      'failFast: T',
      'timeout: T',
      'on: [T, { event: T, if: T, key: T, input: T }]',
      'defaults: T',
      'tasks:',
      '  a: { call: http, with: T, retry: T, timeout: T, idempotencyKey: T, effect: T, queue: T, succeedWhen: T }',
      '  b: { call: http, with: { url: T, headers: T }, forEach: T, needs: T, if: T, runWhen: T }',
      '  c: { sleep: T }',
      '  d: { forEach: { in: T, as: T, parallel: T, tolerate: T }, fail: T }',
      '  e: { tasks: T }',
      '  f: { tasks: [T, { id: T, call: T }] }',
      '  g: T',
      '  h: { sleepUntil: T, needs: [T] }',
      '  i: { fail: { code: T, message: T } }',
      'output: T',
    ].join('\n'),
  );
  const problems = told(document);
  expect(problems).toHaveLength(document.split('!tag').length - 1);
  for (const problem of problems) expect(problem).toContain('`!tag` is read as a YAML tag');
});
