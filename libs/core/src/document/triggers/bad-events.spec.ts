import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '../parse-document.js';

/** Each problem of a task as `path message | hint`, in the order told. */
function told(task: string): string[] {
  const parsed = parseDocument(`workflow: w\ninput: { type: object, properties: { id: {} } }\ntasks:\n  a: ${task}\n`);
  const problems = parsed.kind === 'bad' ? parsed.problems : [];
  return problems.map(({ path, message, hint }) => `${path} ${message}${hint === null ? '' : ` | ${hint}`}`);
}

type Row = readonly [why: string, task: string, ...problems: string[]];

const EXAMPLE = 'for example { event: order.paid, match: event.data.orderId, key: input.orderId }';

const WAITS: readonly Row[] = [
  [
    'no map',
    '{ waitFor: order.paid }',
    `tasks.a.waitFor \`waitFor\` must be a map with \`event\`, not the text "order.paid" | ${EXAMPLE}`,
  ],
  ['no event', '{ waitFor: {} }', `tasks.a.waitFor \`waitFor\` has no \`event\` | ${EXAMPLE}`],
  [
    'an unknown field',
    '{ waitFor: { event: a, timeuot: 5s } }',
    'tasks.a.waitFor.timeuot unknown field `timeuot` | did you mean `timeout`?',
  ],
  [
    'a type that is none',
    '{ waitFor: { event: "a b" } }',
    'tasks.a.waitFor.event `event` must be an event type such as order.placed, order.* or order.#, not the text "a b"',
  ],
  [
    'a reserved type',
    '{ waitFor: { event: run.start.w } }',
    'tasks.a.waitFor.event `event` must be a type of your own, not the text "run.start.w" | `run.start.NAME` is reserved: it starts the workflow NAME without a trigger',
  ],
  [
    'one half of what correlates',
    '{ forEach: [1], tasks: { b: { waitFor: { event: a, match: event.subject } }, c: { waitFor: { event: a, key: input.id } } } }',
    'tasks.a.tasks.b.waitFor.match `match` has no `key` | what of the run must it equal? for example `key: input.orderId`',
    'tasks.a.tasks.c.waitFor.key `key` has no `match` | what of the event must it equal? for example `match: event.subject`',
  ],
  [
    'a match that reads the run',
    '{ waitFor: { event: a, match: event.subject == input.id, key: "true" } }',
    'tasks.a.waitFor.match `match` cannot read `input` | it reads only `event`; what the run knows goes into `key`',
  ],
  [
    'a key that reads the event',
    '{ waitFor: { event: a, match: event.subject, key: event.data.id } }',
    'tasks.a.waitFor.key `event` can be read only in `on` and in `waitFor` | pass what you need through the input of the trigger',
  ],
  [
    'bad expressions',
    '{ waitFor: { event: a, match: "event.", key: "input.", if: "tasks.x.output" } }',
    expect.stringMatching(/^tasks.a.waitFor.match /) as unknown as string,
    expect.stringMatching(/^tasks.a.waitFor.key /) as unknown as string,
    'tasks.a.waitFor.if there is no task `x` here | there are a',
  ],
  [
    'how many, how long',
    '{ waitFor: { event: a, count: 1001, timeout: 5, window: 0s } }',
    'tasks.a.waitFor.count `count` must be a whole number from 1 to 1000, not the number 1001',
    'tasks.a.waitFor.timeout `timeout` must be a duration with a unit, not the number 5 | say which: 5s is seconds, 5ms milliseconds',
    'tasks.a.waitFor.window `window` must be longer than 0, not the text "0s"',
  ],
  [
    'what an expression for a time reads',
    '{ waitFor: { event: a, timeout: "${{ event.data.x }}", window: "${{ secrets.x }}" } }',
    'tasks.a.waitFor.timeout `event` can be read only in `on` and in `waitFor` | pass what you need through the input of the trigger',
    'tasks.a.waitFor.window `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
  ],
  [
    'a field of a call',
    '{ waitFor: { event: a }, timeout: 5s }',
    'tasks.a.timeout `timeout` is not allowed here | it belongs to a `call` task',
  ],
];

const EMITS: readonly Row[] = [
  [
    'no map',
    '{ emit: order.paid }',
    'tasks.a.emit `emit` must be a map with `type` and `data`, not the text "order.paid" | for example { type: order.shipped, data: { id: "${{ input.id }}" } }',
  ],
  [
    'no type',
    '{ emit: { data: 1 } }',
    'tasks.a.emit `emit` has no `type` | for example { type: order.shipped, data: { id: "${{ input.id }}" } }',
  ],
  [
    'a pattern',
    '{ emit: { type: order.* } }',
    'tasks.a.emit.type `type` must be an event type such as order.shipped, not the text "order.*"',
  ],
  [
    'a number',
    '{ emit: { type: 5 } }',
    'tasks.a.emit.type `type` must be an event type such as order.shipped, not the number 5 | quote it',
  ],
  [
    'a reserved type',
    '{ emit: { type: run.succeeded } }',
    'tasks.a.emit.type `type` must be a type of your own, not the text "run.succeeded" | `run.…` is reserved: Reprise says it of runs, and starts runs by it',
  ],
  [
    'what it may not read',
    '{ emit: { type: "a.${{ inptu.id }}", subject: "${{ event.id }}", data: { s: "${{ secrets.S }}" }, body: 1 } }',
    'tasks.a.emit.type `inptu` is not known here | did you mean `input`?',
    'tasks.a.emit.subject `event` can be read only in `on` and in `waitFor` | pass what you need through the input of the trigger',
    'tasks.a.emit.data.s `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
    'tasks.a.emit.body unknown field `body` | one of type, subject, data',
  ],
  [
    'a subject that is no text',
    '{ emit: { type: a, subject: [1] } }',
    'tasks.a.emit.subject `subject` must be a text, not a list',
  ],
];

describe.each([
  ['waitFor', WAITS],
  ['emit', EMITS],
] as const)('a bad %s', (_, rows) => {
  test.each(rows)('%s', (_why, task, ...problems) => {
    expect(told(task)).toEqual(problems);
  });
});

test('good ones pass', () => {
  expect(
    told(
      '{ waitFor: { event: a.#, match: "${{ event.data.id }}", key: "${{ input.id }}", if: event.data.n > input.id, count: 2 } }',
    ),
  ).toEqual([]);
  expect(told('{ waitFor: { event: a } }')).toEqual([]);
  expect(told('{ emit: { type: "a.${{ input.id }}", subject: x, data: [1] } }')).toEqual([]);
});
