import { describe, expect, test } from '@jest/globals';
import { type BadDocument, told } from '../../test/told.js';

const ROWS_THE_DOCUMENT_AS_A_WHOLE: readonly BadDocument[] = [
  ['nothing', '', ' 1:1 the document is empty | a workflow needs at least `workflow` (its name) and `tasks`'],
  ['only a comment', '# to do', ' 1:1 the document is empty | a workflow needs at least `workflow` (its name) and `tasks`'],
  [
    'a text',
    'hello',
    ' 1:1 the document must be a map, not the text "hello" | a workflow needs at least `workflow` (its name) and `tasks`',
  ],
  ['a list', '- a', ' 1:1 the document must be a map, not a list | a workflow needs at least `workflow` (its name) and `tasks`'],
  [
    'what is told',
    'workflow: w\nlifecycle: task\ntasks: { a: { call: x } }',
    'lifecycle 2:12 `lifecycle` must be one of runs, tasks, not the text "task" | did you mean `tasks`?',
  ],
  ['no tasks', 'workflow: w', ' 1:1 the workflow has no `tasks` | a map of tasks (a graph) or a list (a sequence)'],
  ['no name', 'tasks: { a: { call: x } }', ' 1:1 the workflow has no name | add `workflow: my-workflow`'],
  [
    'a name in upper case',
    'workflow: Orders\ntasks: { a: { call: x } }',
    'workflow 1:11 `workflow` must be a name in lower case: letters, digits and -, a letter first, not the text "Orders"',
  ],
  [
    'a name of more than 100 characters, told in part',
    `workflow: ${'w'.repeat(101)}\ntasks: { a: { call: x } }`,
    `workflow 1:11 \`workflow\` must be at most 100 characters long, not the text "${'w'.repeat(57)}..."`,
  ],
  [
    'a version that YAML reads as a number',
    'workflow: w\nversion: 1.10\ntasks: { a: { call: x } }',
    'version 2:10 `version` must be a text, not the number 1.1 | quote it: "1.10.0"',
  ],
  [
    'a version of two numbers',
    'workflow: w\nversion: "1.10"\ntasks: { a: { call: x } }',
    'version 2:10 `version` must be a semantic version, not the text "1.10" | three numbers: "1.2.0"',
  ],
  [
    'a version that is a list',
    'workflow: w\nversion: []\ntasks: { a: { call: x } }',
    'version 2:10 `version` must be a text, not a list | quote it: "1.2.0"',
  ],
  [
    'yes for true',
    'workflow: w\nfailFast: yes\ntasks: { a: { call: x } }',
    'failFast 2:11 `failFast` must be true or false, not the text "yes" | write true',
  ],
  [
    'off for false',
    'workflow: w\nfailFast: off\ntasks: { a: { call: x } }',
    'failFast 2:11 `failFast` must be true or false, not the text "off" | write false',
  ],
  [
    'an unknown field and one of a later version',
    'workflow: w\ntimeuot: 1h\nconcurrency: { key: a }\ntasks: { a: { call: x } }',
    'timeuot 2:1 unknown field `timeuot` | did you mean `timeout`?',
    'concurrency.key 3:21 `a` is not known here | an expression here can read input; texts need quotes',
  ],
  [
    'defaults that are no map or hold other things',
    'workflow: w\ndefaults: { retry: 3, timeout: 10, queue: "a b", with: {}, priority: hihg }\ntasks: { a: { call: x } }',
    'defaults.retry 2:20 `retry` must be a map, not the number 3 | for example { maximumAttempts: 5, initialInterval: 1s }',
    'defaults.timeout 2:32 `timeout` must be a duration with a unit, not the number 10 | say which: 10s is seconds, 10ms milliseconds',
    'defaults.queue 2:43 `queue` must be the name of a queue (letters, digits, - and _), not the text "a b"',
    'defaults.with 2:50 unknown field `with` | one of retry, timeout, queue, priority',
    'defaults.priority 2:70 `priority` must be one of high, normal, low, not the text "hihg" | did you mean `high`?',
  ],
  [
    'defaults as a text',
    'workflow: w\ndefaults: none\ntasks: { a: { call: x } }',
    'defaults 2:11 `defaults` must be a map with `retry`, `timeout`, `queue` or `priority`, not the text "none"',
  ],
  [
    'everything at once, in the order of the text',
    'workflow: W\ntimeout: 5\ntasks:\n  a: { cal: x }\n  b: { call: y, needs: [c] }\noutput: ${{ tasks.c.output }}',
    'workflow 1:11 `workflow` must be a name in lower case: letters, digits and -, a letter first, not the text "W"',
    'timeout 2:10 `timeout` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    'tasks.a.cal 4:8 unknown field `cal` | did you mean `call`?',
    'tasks.b.needs[0] 5:25 there is no task `c` here | a task can need only tasks beside it',
    'output 6:13 there is no task `c` here | there are a, b',
  ],
];

const ROWS_TRIGGERS: readonly BadDocument[] = [
  [
    'not a list',
    'workflow: w\non: { event: order.placed }\ntasks: { a: { call: x } }',
    'on 2:5 `on` must be a list of triggers, not a map | write `- event: TYPE` below `on:`',
  ],
  [
    'kinds that say too little',
    'workflow: w\non: [{ webhook: {} }, { workflow: {} }, { poll: {} }]\ntasks: { a: { call: x } }',
    'on[0].webhook 2:17 the webhook has no `path` | `path: payments` listens at /v1/hooks/payments',
    'on[0].webhook 2:17 the webhook has no `secret` | `secret: PAYMENTS` names the secret that signs; `signature: none` takes what comes from anybody with a token',
    'on[1].workflow 2:35 the trigger does not say whose runs it follows | add `name: other-workflow`',
    'on[2].poll 2:49 the poll does not say how often it looks | `every: 1m`, at least 1s',
    'on[2].poll 2:49 the poll has no `call` | the handler that looks: `call: orders.check`',
    'on[2].poll 2:49 the poll has no `if` | a condition on what the call returned: `if: output.ready`; `if: true` starts a run each time',
  ],
  [
    'no event',
    'workflow: w\non: [{ source: shop }, order.placed, { evnt: a }]\ntasks: { a: { call: x } }',
    'on[0] 2:6 the trigger does not say what starts the run | a trigger is exactly one of event, schedule, webhook, workflow, poll: `event: order.placed`',
    'on[1] 2:24 `on[1]` must be a map such as { event: order.placed }, not the text "order.placed"',
    'on[2].evnt 2:40 unknown field `evnt` | did you mean `event`?',
  ],
  [
    'patterns',
    'workflow: w\non: [{ event: a..b }, { event: "order *" }, { event: run.start.w }, { event: 5 }]\ntasks: { a: { call: x } }',
    'on[0].event 2:15 `event` must be an event type such as order.placed, order.* or order.#, not the text "a..b"',
    'on[1].event 2:32 `event` must be an event type such as order.placed, order.* or order.#, not the text "order *"',
    'on[2].event 2:54 `event` must be a type of your own, not the text "run.start.w" | `run.start.NAME` is reserved: it starts the workflow NAME without a trigger',
    'on[3].event 2:78 `event` must be an event type such as order.placed, order.* or order.#, not the number 5 | quote it',
  ],
  [
    'fields',
    'workflow: w\non: [{ event: a, source: 5, iff: "true", with: {} }]\ntasks: { a: { call: x } }',
    'on[0].source 2:26 `source` must be a text, not the number 5 | quote it',
    'on[0].iff 2:29 unknown field `iff` | did you mean `if`?',
    'on[0].with 2:42 unknown field `with` | one of event, source, if, key, input',
  ],
  [
    'what is not there yet',
    'workflow: w\non: [{ event: a, if: input.x, key: tasks.a.output, input: "${{ run.id }}" }]\ntasks: { a: { call: x } }',
    'on[0].if 2:22 a trigger cannot read `input` | it makes the input: read `event`',
    'on[0].key 2:36 a trigger cannot read `tasks` | there is no run yet: read `event`',
    'on[0].input 2:64 a trigger cannot read `run` | there is no run yet: read `event`',
  ],
];

const ROWS_THE_SCHEMA_OF_THE_INPUT: readonly BadDocument[] = [
  [
    'not a schema',
    'workflow: w\ninput: object\ntasks: { a: { call: x } }',
    'input 2:8 a schema must be a map, true or false | for example { type: object }',
  ],
  [
    'types and keywords',
    'workflow: w\ninput: { type: strin, requierd: [a], nullable: true, properties: { a: { minLength: -1, pattern: "(?=a)" } } }\ntasks: { a: { call: x } }',
    'input.type 2:16 there is no type "strin" | did you mean `string`?',
    'input.requierd 2:33 JSON Schema has no keyword `requierd` | did you mean `required`?',
    'input.nullable 2:48 `nullable` is not supported | add "null" to `type`: [string, "null"]',
    'input.properties.a.minLength 2:84 `minLength` must be a whole number, 0 or more',
    'input.properties.a.pattern 2:97 `pattern` is not a regular expression that RE2 knows | without look-around and back references',
  ],
  [
    'references',
    'workflow: w\ninput: { properties: { a: { $ref: "https://example.com/a.json" }, b: { $ref: "#/$defs/b" } } }\ntasks: { a: { call: x } }',
    'input.properties.a.$ref 2:35 `$ref` leads nowhere: "https://example.com/a.json" | it must be like "#/$defs/NAME", inside this schema',
    'input.properties.b.$ref 2:78 `$ref` leads nowhere: "#/$defs/b" | it must be like "#/$defs/NAME", inside this schema',
  ],
];

describe('a bad document is told where, what and how: the document as a whole', () => {
  test.each(ROWS_THE_DOCUMENT_AS_A_WHOLE)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});

describe('a bad document is told where, what and how: triggers', () => {
  test.each(ROWS_TRIGGERS)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});

describe('a bad document is told where, what and how: the schema of the input', () => {
  test.each(ROWS_THE_SCHEMA_OF_THE_INPUT)('%s', (_, document, ...problems) => {
    expect(told(document)).toEqual(problems);
  });
});
