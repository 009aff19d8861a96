import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDocument } from '../document/parse-document.js';
import { isLiteral, render, templateReferences } from '../expression/index.js';
import type { Json } from '../json.js';
import { compileWorkflow } from './compile.js';
import { UnacceptedDocument } from './read-json.js';
import type { CallWork, Node, Workflow } from './workflow.js';

function compile(tasks: Json, rest: Record<string, Json> = {}): Workflow {
  const parsed = parseDocument(JSON.stringify({ workflow: 'w', ...rest, tasks }));
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  return parsed.workflow;
}

const call = (node: Node | undefined): CallWork => {
  if (node?.work.kind !== 'call') throw new Error('not a call');
  return node.work;
};

describe('a document becomes a graph', () => {
  test('nodes are numbered in document order, depth first', () => {
    const { nodes, root } = compile({
      z: { call: 'x' },
      group: {
        needs: ['z'],
        forEach: [1],
        tasks: {
          inner: {
            forEach: [2],
            tasks: [
              { id: 'one', call: 'x' },
              { id: 'two', forEach: [3], sleep: '1s' },
              { id: 'three', call: 'x' },
            ],
          },
          other: { call: 'x', needs: ['inner'] },
        },
      },
      a: { call: 'x', needs: ['z', 'group'] },
    });
    expect(nodes.map((node) => [node.index, node.path, node.parent, node.position, node.depth])).toEqual([
      [0, 'z', null, 0, 0],
      [1, 'group', null, 1, 0],
      [2, 'group.inner', 1, 0, 1],
      [3, 'group.inner.one', 2, 0, 2],
      [4, 'group.inner.two', 2, 1, 2],
      [5, 'group.inner.three', 2, 2, 2],
      [6, 'group.other', 1, 1, 1],
      [7, 'a', null, 2, 0],
    ]);
    expect(root).toEqual({ members: [0, 1, 7], sequence: false, failFast: true, output: null });
    expect(nodes.map((node) => [node.needs, node.dependents])).toEqual([
      [[], [1, 7]],
      [[0], [7]],
      [[], [6]],
      [[], [4]],
      [[3], [5]],
      [[4], []],
      [[2], []],
      [[0, 1], []],
    ]);
    expect(nodes[2]?.work).toMatchObject({ kind: 'group', group: { members: [3, 4, 5], sequence: true } });
  });

  test('defaults reach calls only, field by field', () => {
    const { nodes } = compile(
      {
        plain: { call: 'x' },
        own: { call: 'y', queue: 'mine', retry: { maximumAttempts: 7, maximumElapsed: '1h' }, timeout: { queue: '1m' } },
        scalar: { call: 'z', timeout: '9s' },
        wait: { sleep: '5s' },
      },
      {
        defaults: {
          retry: { maximumAttempts: 2, initialInterval: '200ms', policies: [{ errors: ['http.5*'], maximumInterval: '1m' }] },
          timeout: { attempt: '30s', heartbeat: '5s' },
          queue: 'shared',
        },
      },
    );
    const policies = [{ errors: ['http.5*'], maximumIntervalMs: 60_000 }];
    expect(call(nodes[0])).toMatchObject({
      queue: 'shared',
      retry: { maximumAttempts: 2, initialIntervalMs: 200, policies },
      timeout: { attemptMs: 30_000, queueMs: null, totalMs: null, heartbeatMs: 5_000 },
    });
    expect(call(nodes[1])).toMatchObject({
      queue: 'mine',
      retry: { maximumAttempts: 7, initialIntervalMs: 200, maximumElapsedMs: 3_600_000, policies },
      timeout: { attemptMs: 30_000, queueMs: 60_000, totalMs: null, heartbeatMs: 5_000 },
    });
    expect(call(nodes[2]).timeout).toEqual({ attemptMs: 9_000, queueMs: null, totalMs: null, heartbeatMs: 5_000 });
    expect(nodes[3]?.work).toMatchObject({ kind: 'sleep', until: { kind: 'duration' } });
  });

  test('without defaults a call goes to the queue `default` with nothing set', () => {
    expect(call(compile({ a: { call: 'x' } }).nodes[0])).toEqual({
      kind: 'call',
      call: 'x',
      with: null,
      queue: 'default',
      priority: 'normal',
      retry: {},
      timeout: { attemptMs: null, queueMs: null, totalMs: null, heartbeatMs: null },
      succeedWhen: null,
      idempotencyKey: null,
      effect: null,
      onInDoubt: null,
      retentionMs: null,
      rateLimit: null,
      dependency: null,
    });
  });

  test('loops: bare, whole and literal lists, shares and counts', () => {
    const { nodes } = compile({
      a: { call: 'x', forEach: 'input.pages' },
      b: { call: 'x', forEach: '${{ input.pages }}' },
      c: { call: 'x', forEach: { in: [1, '${{ input.n }}'], as: 'page', parallel: 3, tolerate: '2.5%' } },
      d: { call: 'x', forEach: { in: [], tolerate: 4 } },
    });
    const loops = nodes.map((node) => node.forEach);
    const input = { input: { pages: [7], n: 8 } };
    expect(loops.map((loop) => loop && render(loop.items, input).value)).toEqual([[7], [7], [1, 8], []]);
    expect(loops[0]).toMatchObject({ as: null, parallel: 100, tolerate: { kind: 'count', count: 0 } });
    expect(loops[2]).toMatchObject({ as: 'page', parallel: 3, tolerate: { kind: 'percent', percent: 2.5 } });
    expect(loops[3]).toMatchObject({ tolerate: { kind: 'count', count: 4 } });
  });

  test('triggers, connectors, conditions and the other kinds', () => {
    const { triggers, nodes, root, inputSchema } = compile(
      {
        a: { transform: { v: '${{ input.x }}' }, if: true },
        b: {
          needs: 'a',
          runWhen: 'done',
          onError: 'continue',
          if: '${{ input.x > 1 }}',
          fail: { code: 'NO', message: 'because' },
        },
        c: { fail: { code: 'NO' } },
        d: { sleepUntil: '2030-01-31T09:00:00Z' },
        e: {
          call: 'x',
          effect: 'transactional',
          onInDoubt: 'probe',
          retention: '30d',
          succeedWhen: 'output == 1',
          idempotencyKey: 'k-${{ run.id }}',
          with: { s: '${{ secrets.S }}' },
        },
      },
      {
        on: [
          { event: 'a.*', source: 's', if: 'event.data.x', key: 'event.data.id', input: '${{ event.data.y }}' },
          { event: '#' },
        ],
        output: '${{ tasks.a.output }}',
        input: true,
        failFast: false,
      },
    );
    expect(triggers[0]).toMatchObject({ kind: 'event', pattern: 'a.*', source: 's', condition: { source: 'event.data.x' } });
    expect(triggers[0]?.key && render(triggers[0].key, { event: { data: { id: 5 } } }).value).toBe(5);
    expect(triggers[1]).toEqual({ kind: 'event', pattern: '#', source: null, condition: null, key: null, input: null });
    expect(nodes[0]?.condition?.source).toBe('true');
    expect(nodes[1]).toMatchObject({ needs: [0], runWhen: 'done', onError: 'continue', condition: { source: ' input.x > 1 ' } });
    expect(nodes[2]?.work.kind === 'fail' && render(nodes[2].work.message, {}).value).toBe('NO');
    expect(nodes[3]?.work).toMatchObject({ kind: 'sleep', until: { kind: 'instant' } });
    const { with: input, ...rest } = call(nodes[4]);
    expect(input && templateReferences(input)).toEqual([{ root: 'secrets', path: ['S'] }]);
    expect(rest).toMatchObject({ effect: 'transactional', onInDoubt: 'probe', retentionMs: 30 * 86_400_000 });
    expect(rest).toMatchObject({ succeedWhen: { source: 'output == 1' } });
    expect(root.output && isLiteral(root.output)).toBe(false);
    expect([inputSchema, root.failFast]).toEqual([true, false]);
  });
});

describe('a document that was never accepted does not compile', () => {
  const tasks = { a: { call: 'x' } };
  test.each<[string, Json]>([
    ['no map', null],
    ['no name', { tasks }],
    ['no tasks', { workflow: 'w' }],
    ['a task without a kind', { workflow: 'w', tasks: { a: {} } }],
    ['a failure without a code', { workflow: 'w', tasks: { a: { fail: {} } } }],
    ['a loop over nothing', { workflow: 'w', tasks: { a: { call: 'x', forEach: { as: 'page' } } } }],
    ['needs of nothing', { workflow: 'w', tasks: { a: { call: 'x', needs: ['b'] } } }],
    ['a bad duration', { workflow: 'w', timeout: 'soon', tasks }],
    ['a duration that is a number', { workflow: 'w', timeout: 5, tasks }],
    ['a bad template', { workflow: 'w', tasks: { a: { transform: '${{' } } }],
  ])('%s', (_, document) => {
    expect(() => compileWorkflow(document)).toThrow(UnacceptedDocument);
  });
});

const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1, maxLength: 5 });

const { group } = fc.letrec<{ task: Record<string, Json>; group: Json }>((tie) => ({
  task: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ call: fc.constantFrom('x', 'http.get') }),
    fc.record({ transform: fc.constantFrom('${{ input.x }}', 1, '${{ run.id }}') }),
    fc.record({ sleep: fc.constantFrom('5s', '1h30m') }),
    fc.record({ tasks: tie('group'), forEach: fc.constantFrom('input.list', [1, 2]) }),
    fc.record({ tasks: tie('group') }),
  ),
  group: fc
    .tuple(
      ids,
      fc.boolean(),
      fc.array(tie('task'), { minLength: 5, maxLength: 5 }),
      fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
    )
    .map(([names, sequence, bodies, picks]) => {
      if (sequence) return names.map((id, index) => ({ id, ...(bodies[index] ?? {}) }));
      // Each may need only what stands before it: no circles.
      return Object.fromEntries(
        names.map((id, index) => [
          id,
          {
            ...(bodies[index] ?? {}),
            needs: names.slice(0, index).filter((_, other) => ((picks[index] ?? 0) >> other) % 2 === 1),
          },
        ]),
      );
    }),
}));

describe('laws of the compiled graph', () => {
  test('every valid document compiles, the same each time, and the graph is sound', () => {
    fc.assert(
      fc.property(group, (tasks) => {
        const workflow = compile(tasks);
        expect(JSON.stringify(compile(tasks))).toBe(JSON.stringify(workflow));
        const { nodes, root } = workflow;
        for (const [index, node] of nodes.entries()) {
          const parent = node.parent === null ? null : nodes[node.parent];
          const siblings = parent === null ? root : parent?.work.kind === 'group' ? parent.work.group : null;
          expect(node.index).toBe(index);
          expect(siblings?.members[node.position]).toBe(index);
          expect(node.path).toBe(parent == null ? node.id : `${parent.path}.${node.id}`);
          expect(node.depth).toBe(parent == null ? 0 : parent.depth + (parent.forEach === null ? 0 : 1));
          if (parent != null) expect(parent.index).toBeLessThan(index);
          for (const need of node.needs) {
            expect(siblings?.members).toContain(need);
            expect(nodes[need]?.dependents).toContain(index);
          }
          for (const dependent of node.dependents) expect(nodes[dependent]?.needs).toContain(index);
          if (siblings?.sequence) expect(node.needs).toEqual(siblings.members.slice(0, node.position).slice(-1));
        }
      }),
      { numRuns: 200 },
    );
  });
});
