import { describe, expect, test } from '@jest/globals';
import { WORKFLOW_SCHEMA } from '../../document-schema/workflow-schema.js';
import type { Json } from '../../json.js';
import { checkInput } from '../../schema/check-input.js';
import { parseDocument } from '../parse-document.js';

/** Each problem as `path message | hint`, in the order told. */
function told(text: string): string[] {
  const parsed = parseDocument(text);
  const problems = parsed.kind === 'bad' ? parsed.problems : parsed.warnings;
  return problems.map(({ path, message, hint }) => `${path} ${message}${hint === null ? '' : ` | ${hint}`}`);
}
const task = (fields: string): string => `workflow: w\ntasks:\n  a: { ${fields} }\n  b: { call: x }`;
const head = (concurrency: string): string => `workflow: w\nconcurrency: ${concurrency}\ntasks: { a: { call: x } }`;
const EXPECTED = 'the name of a workflow, with its version if you like: shipping, shipping@1.2.0';

describe('`workflow` in a task', () => {
  test('names what it starts, and where', () => {
    const parsed = parseDocument(`workflow: w
tasks:
  a: { workflow: shipping }
  b: { needs: a, forEach: [1], workflow: shipping@1.2.0, with: { n: '\${{ each.value }}', of: '\${{ tasks.a.output }}' } }
  c: { workflow: shipping@3, onError: continue, runWhen: done, if: input.x }`);
    expect(parsed).toMatchObject({ kind: 'ok', warnings: [] });
    expect(parsed.kind === 'ok' ? parsed.children : []).toEqual([
      { workflow: 'shipping', version: null, path: 'tasks.a.workflow', line: 3, column: 18 },
      { workflow: 'shipping', version: '1.2.0', path: 'tasks.b.workflow', line: 4, column: 42 },
      { workflow: 'shipping', version: '3', path: 'tasks.c.workflow', line: 5, column: 18 },
    ]);
    const nodes = parsed.kind === 'ok' ? parsed.workflow.nodes : [];
    expect(nodes.map(({ work }) => work)).toMatchObject([
      { kind: 'child', workflow: 'shipping', version: null, with: null },
      { kind: 'child', workflow: 'shipping', version: '1.2.0' },
      { kind: 'child', workflow: 'shipping', version: '3' },
    ]);
  });

  test.each([
    ['workflow: Shipping', `tasks.a.workflow \`workflow\` must be ${EXPECTED}, not the text "Shipping"`],
    ['workflow: 3', `tasks.a.workflow \`workflow\` must be ${EXPECTED}, not the number 3 | quote it`],
    [
      'workflow: shipping@latest',
      'tasks.a.workflow `workflow` must be a workflow and a version of it, not the text "shipping@latest" | three numbers, or the number of its registration: @1.2.0, @3',
    ],
    [
      'workflow: "${{ input.name }}"',
      'tasks.a.workflow `workflow` must be written out, not the text "${{ input.name }}" | an expression cannot choose the workflow; use tasks with `if`',
    ],
    ['workflow: shipping, queue: q', 'tasks.a.queue `queue` is not allowed here | it belongs to a `call` task'],
    [
      'workflow: shipping, with: { s: "${{ secrets.KEY }}" }',
      'tasks.a.with.s `secrets` can be used only inside `with` of a call | a secret is never an operand and never kept in an output',
    ],
  ])('refuses %s', (fields, problem) => {
    expect(told(task(fields))).toEqual([problem]);
  });
});

describe('`concurrency`', () => {
  test.each<[string, Json]>([
    ['{}', { key: null, limit: 1, overlap: 'queue' }],
    ['{ limit: 3, overlap: skip }', { key: null, limit: 3, overlap: 'skip' }],
    ['{ overlap: cancelRunning }', { key: null, limit: 1, overlap: 'cancelRunning' }],
  ])('is %s', (written, compiled) => {
    const parsed = parseDocument(head(written));
    expect(parsed.kind === 'ok' ? parsed.workflow.concurrency : parsed).toEqual(compiled);
  });

  test.each([
    [
      'one',
      '`concurrency` must be a map with `key`, `limit` or `overlap`, not the text "one" | for example { key: ${{ input.customer }}, limit: 1, overlap: queue }',
    ],
    ['{ limit: 0 }', '.limit `limit` must be a whole number from 1 to 10000, not the number 0'],
    ['{ overlap: cancel }', '.overlap `overlap` must be one of queue, skip, cancelRunning, not the text "cancel"'],
    ['{ keys: 1 }', '.keys unknown field `keys` | did you mean `key`?'],
    ['{ key: tasks.a.output }', '.key `tasks` cannot be read before the run starts | read `input`'],
    ['{ key: "${{ event.id }}" }', '.key `event` cannot be read before the run starts | read `input`'],
    ['{ key: customer }', '.key `customer` is not known here | an expression here can read input; texts need quotes'],
  ])('refuses %s', (written, problem) => {
    expect(told(head(written))).toEqual([problem.startsWith('.') ? `concurrency${problem}` : `concurrency ${problem}`]);
  });

  test('warns of a field that the input does not have', () => {
    const input = 'input: { type: object, properties: { customer: { type: string } }, additionalProperties: false }\n';
    expect(told(input + head('{ key: input.custmer }'))).toEqual([
      'concurrency.key the input schema has no property `custmer` | did you mean `input.customer`?',
    ]);
  });
});

describe('`rateLimit`', () => {
  test('is compiled with its span in milliseconds', () => {
    const parsed = parseDocument(task('call: x, rateLimit: { key: "k-${{ input.k }}", max: 10, per: 1m }'));
    expect(parsed.kind === 'ok' ? parsed.workflow.nodes[0]?.work : parsed).toMatchObject({
      rateLimit: { key: expect.anything(), max: 10, perMs: 60_000 },
    });
  });

  test.each([
    [
      'rateLimit: 10',
      'tasks.a.rateLimit `rateLimit` must be a map with `max` and `per`, not the number 10 | for example { max: 10, per: 1s }',
    ],
    ['rateLimit: { per: 1s }', 'tasks.a.rateLimit `rateLimit` has no `max` | for example { max: 10, per: 1s }'],
    ['rateLimit: { max: 10 }', 'tasks.a.rateLimit `rateLimit` has no `per` | for example { max: 10, per: 1s }'],
    [
      'rateLimit: { max: 1001, per: 1s }',
      'tasks.a.rateLimit.max `max` must be a whole number from 1 to 1000, not the number 1001',
    ],
    ['rateLimit: { max: 1, per: 0s }', 'tasks.a.rateLimit.per `per` must be longer than 0, not the text "0s"'],
    ['rateLimit: { max: 1, per: 2d }', 'tasks.a.rateLimit.per `per` must be at most 1d, not the text "2d"'],
    [
      'rateLimit: { max: 1, per: 1 }',
      'tasks.a.rateLimit.per `per` must be a duration with a unit, not the number 1 | say which: 1s is seconds, 1ms milliseconds',
    ],
    [
      'rateLimit: { max: 1, per: 1s, key: tasks.b.output }',
      'tasks.a.rateLimit.key `a` reads `b` but does not need it | add `needs: [b]` to `a`',
    ],
  ])('refuses %s', (fields, problem) => {
    expect(told(task(`call: x, ${fields}`))).toEqual([problem]);
  });

  test('belongs to a call', () => {
    expect(told(task('transform: 1, rateLimit: { max: 1, per: 1s }'))).toEqual([
      'tasks.a.rateLimit `rateLimit` is not allowed here | it belongs to a `call` task',
    ]);
  });
});

test.each<[Json, boolean]>([
  [{ workflow: 'shipping', with: { n: 1 } }, true],
  [{ workflow: 'shipping@1.2.0' }, true],
  [{ call: 'x', rateLimit: { key: 'input.k', max: 1, per: '1s' } }, true],
  [{ workflow: 'Shipping' }, false],
  [{ transform: 1, with: 2 }, false],
  [{ workflow: 'shipping', queue: 'q' }, false],
  [{ call: 'x', rateLimit: { max: 1 } }, false],
  [{ call: 'x', rateLimit: { max: 1_001, per: '1s' } }, false],
])('the published schema agrees about %j', (a, accepted) => {
  const document: Json = { workflow: 'w', concurrency: { key: 'input.k', limit: 2, overlap: 'skip' }, tasks: { a } };
  expect(checkInput(WORKFLOW_SCHEMA, document).length === 0).toBe(accepted);
  expect(parseDocument(JSON.stringify(document)).kind === 'ok').toBe(accepted);
});
