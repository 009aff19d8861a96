import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../json.js';
import { compileWorkflow } from '../workflow/compile.js';
import { type ParsedDocument, parseDocument } from './parse-document.js';

function accept(text: string): Extract<ParsedDocument, { kind: 'ok' }> {
  const parsed = parseDocument(text);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed;
}

const warnings = (text: string): string[] =>
  accept(text).warnings.map(({ path, line, column, message, hint }) => `${path} ${line}:${column} ${message} | ${hint}`);

const FULFILMENT = `
workflow: order-fulfilment            # [a-z][a-z0-9-]*
version: "1.2.0"
description: Reserve, charge, ship.
input: { type: object, required: [orderId, sku], properties: { orderId: { type: string }, sku: { type: string }, customer: { type: string }, total: { type: number } } }
on:
  - event: order.placed
    if: event.data.total >= 0
    key: \${{ event.data.id }}
    input: { orderId: "\${{ event.data.id }}", sku: "\${{ event.data.sku }}", customer: "\${{ event.data.customer }}", total: "\${{ event.data.total }}" }
timeout: 1h
defaults: { retry: { maximumAttempts: 3, initialInterval: 200ms }, timeout: 30s, queue: default }
tasks:
  reserve:
    call: inventory.reserve
    with: { sku: "\${{ input.sku }}" }
  charge:
    needs: [reserve]
    if: input.total > 0
    call: payments.charge
    with: { amount: "\${{ input.total }}" }
    retry: { maximumAttempts: 8, initialInterval: 500ms, backoffCoefficient: 2, maximumInterval: 1m, jitter: full, nonRetryable: [CARD_DECLINED] }
    timeout: { attempt: 10s, queue: 5m, total: 30m, heartbeat: 5s }
    succeedWhen: output.status == 'captured'
    idempotencyKey: \${{ input.orderId }}
  ship:
    needs: [reserve, charge]
    call: shipping.ship
    with: { orderId: "\${{ input.orderId }}" }
output: { shipment: "\${{ tasks.ship.output.?trackingId.orValue(null) }}" }
`;

const EVERYTHING = `
workflow: everything
failFast: false
on:
  - { event: "order.#", source: shop, key: event.data.id }
  - { event: "*.created", key: "order-\${{ event.data.id }}", if: true }
tasks:
  wait: { sleep: 5m }
  until: { sleepUntil: "2030-01-31T09:00:00+02:00" }
  later: { sleepUntil: "\${{ input.at }}", runWhen: done }
  soon: { sleep: "\${{ input.delay }}", onError: continue }
  pages:
    needs: wait
    forEach: { in: input.pages, as: page, parallel: 10, tolerate: 12.5% }
    tasks:
      fetch:
        call: http
        with: { url: "\${{ page.value.url }}", headers: { authorization: "Bearer \${{ secrets.API_KEY }}" } }
        idempotencyKey: \${{ page.value.url }}
        effect: transactional
      rows:
        needs: [fetch]
        forEach: \${{ tasks.fetch.output.body.rows }}
        call: rows.write
        queue: bulk
        with: { row: "\${{ each.value }}", at: "\${{ page.index }}.\${{ each.index }}", wait: "\${{ tasks.wait.status }}" }
        idempotencyKey: \${{ page.index }}-\${{ each.index }}
    output: { count: "\${{ tasks.rows.items.size() }}", page: "\${{ each.index }}" }
  steps:
    needs: [pages]
    forEach: [1, "\${{ input.second }}"]
    tasks:
      - { id: one, transform: { twice: "\${{ each.value * 2 }}" } }
      - { id: two, if: tasks.one.output.twice > 2, fail: { code: TOO_BIG, message: "\${{ each.value }}" } }
  end: { needs: [steps], runWhen: failed, fail: { code: "\${{ tasks.steps.error.code }}" } }
output: \${{ tasks.pages.output }}
`;

describe('a good document is accepted', () => {
  test('the example of the interface, as far as this version supports it', () => {
    const { workflow, warnings: none, calls } = accept(FULFILMENT);
    expect(none).toEqual([]);
    expect(workflow).toMatchObject({
      name: 'order-fulfilment',
      version: '1.2.0',
      timeoutMs: 3_600_000,
      root: { failFast: true },
    });
    expect(calls).toEqual([
      { call: 'inventory.reserve', queue: 'default', path: 'tasks.reserve.call', line: 15, column: 11 },
      { call: 'payments.charge', queue: 'default', path: 'tasks.charge.call', line: 20, column: 11 },
      { call: 'shipping.ship', queue: 'default', path: 'tasks.ship.call', line: 28, column: 11 },
    ]);
  });

  test('every kind of task, nested loops, lists in maps', () => {
    const { warnings: none, calls } = accept(EVERYTHING);
    expect(none).toEqual([]);
    expect(calls.map(({ call, queue }) => `${call} on ${queue}`)).toEqual(['http on default', 'rows.write on bulk']);
  });

  test('what is stored is plain JSON and compiles to the same workflow', () => {
    for (const text of [FULFILMENT, EVERYTHING]) {
      const { document, workflow } = accept(text);
      const stored = JSON.parse(canonicalJson(document));
      expect(JSON.stringify(compileWorkflow(document))).toBe(JSON.stringify(workflow));
      expect(canonicalJson(stored)).toBe(canonicalJson(document));
    }
  });

  test('as JSON, with tabs, escapes and a byte order mark', () => {
    const { document } = accept(EVERYTHING);
    expect(accept(JSON.stringify(document, null, '\t')).document).toEqual(document);
    expect(accept(`\ufeff${JSON.stringify({ workflow: 'w', tasks: { a: { call: 'x', with: '😀/é"' } } })}`).document).toEqual({
      workflow: 'w',
      tasks: { a: { call: 'x', with: '😀/é"' } },
    });
  });

  test('a few anchors and aliases stand for what they name', () => {
    const { document } = accept(
      'workflow: w\ntasks:\n  a: { call: x, retry: &r { maximumAttempts: 2 } }\n  b: { call: y, retry: *r }',
    );
    expect(document).toMatchObject({ tasks: { b: { retry: { maximumAttempts: 2 } } } });
  });

  test('YAML 1.2 words: no, on, off and 012 are what they look like', () => {
    const { document } = accept('workflow: w\ntasks: { a: { call: x, with: [no, on, 012, -0, ~, 0x1F, 1e3] } }');
    expect(document).toMatchObject({ tasks: { a: { with: ['no', 'on', 12, 0, null, 31, 1000] } } });
  });

  test('tasks may be called like what expressions begin with: they stand behind `tasks.`', () => {
    const { document } = accept(
      'workflow: w\ntasks:\n  run: { transform: 1 }\n  output: { needs: [run], transform: "${{ tasks.run.output + 1 }}" }\n  event: { needs: [output], if: tasks.output.output == 2, call: x }\noutput: ${{ tasks.output.output }}',
    );
    expect(compileWorkflow(document).nodes.map(({ id }) => id)).toEqual(['run', 'output', 'event']);
  });

  test('a name in braces without a value stands for nothing', () => {
    expect(accept('workflow: w\ntasks: { a: { call: x, with: { dry } } }').document).toMatchObject({
      tasks: { a: { with: { dry: null } } },
    });
  });

  test('defaults may say one thing alone, and a queue is then that of every call', () => {
    const text = 'workflow: w\ndefaults: { queue: bulk }\ntasks: { a: { call: x }, b: { call: y, queue: own } }';
    expect(accept(text).calls.map(({ queue }) => queue)).toEqual(['bulk', 'own']);
    const limited = accept('workflow: w\ndefaults: { timeout: 5s }\ntasks: { a: { call: x } }').workflow.nodes;
    expect(limited).toMatchObject([{ work: { queue: 'default', retry: {}, timeout: { attemptMs: 5_000 } } }]);
  });

  test('the whole input of a handler without program text may be an expression', () => {
    expect(accept('workflow: w\ntasks: { a: { call: http, with: "${{ input.request }}" } }').warnings).toEqual([]);
  });

  test('a task may read what it needs through others, on more than one way', () => {
    accept(
      'workflow: w\ntasks: { a: { call: x }, b: { needs: a, call: x }, c: { needs: a, call: x }, d: { needs: [b, c], transform: "${{ tasks.a.output }}" } }',
    );
  });

  test('`$${{` is no expression, also where none is allowed', () => {
    accept('workflow: w\ntasks: { a: { call: shell, with: { run: "echo $${{ x }}", args: ["${{ input.x }}"] } } }');
  });
});

describe('what is probably a slip is a warning', () => {
  test.each([
    [
      'an expression without ${{ }}',
      'workflow: w\ntasks: { a: { call: x, with: { sku: input.sku } } }',
      'tasks.a.with.sku 2:37 "input.sku" is plain text here | for its value write ${{ input.sku }}',
    ],
    [
      'a loop without ${{ }}, but not the name of a machine',
      'workflow: w\ntasks: { a: { forEach: { in: input.pages, as: page }, call: x, with: [page.value, db.example] } }',
      'tasks.a.with[0] 2:71 "page.value" is plain text here | for its value write ${{ page.value }}',
    ],
    [
      'other braces',
      'workflow: w\ntasks: { a: { call: x, with: ["{{ input.sku }}", "${input.sku}"] } }',
      'tasks.a.with[0] 2:31 "{{ input.sku }}" is plain text here | expressions are written ${{ … }}',
      'tasks.a.with[1] 2:50 "${input.sku}" is plain text here | expressions are written ${{ … }}',
    ],
    [
      'a field that the schema does not name',
      'workflow: w\ninput: { properties: { orderId: {} } }\ntasks: { a: { transform: "${{ input.orderid }}", if: input.zzz } }',
      'tasks.a.transform 3:31 the input schema has no property `orderid` | did you mean `input.orderId`?',
      'tasks.a.if 3:54 the input schema has no property `zzz` | null',
    ],
    [
      'an idempotency key that never changes',
      'workflow: w\ntasks: { a: { call: x, idempotencyKey: once } }',
      'tasks.a.idempotencyKey 2:40 the key is the same in every run: the call is made once and never again | read something of the run, such as ${{ input.id }}',
    ],
    [
      'a task that waits for a failure of nothing',
      'workflow: w\ntasks: { a: { call: x, runWhen: failed } }',
      'tasks.a.runWhen 2:33 `a` needs no task, so `runWhen: failed` never lets it run | add `needs`',
    ],
    [
      'the first of a list that waits for any success',
      'workflow: w\ntasks: [{ id: a, call: x, runWhen: anySucceeded }, { id: b, call: x, runWhen: failed }]',
      'tasks[0].runWhen 2:36 `a` needs no task, so `runWhen: anySucceeded` never lets it run | add `needs`',
    ],
  ])('%s', (_, text, ...expected) => {
    expect(warnings(text)).toEqual(expected);
  });

  test('nothing is known about the fields of an open schema, or of none', () => {
    const tasks = 'tasks: { a: { transform: "${{ input.b }}" } }';
    for (const schema of [
      '{ allOf: [{}], properties: { a: {} } }',
      '{ type: object }',
      'true',
      '{ properties: {}, $ref: "#/$defs/x", $defs: { x: {} } }',
    ]) {
      expect(warnings(`workflow: w\ninput: ${schema}\n${tasks}`)).toEqual([]);
    }
    expect(warnings(`workflow: w\n${tasks}`)).toEqual([]);
  });
});
