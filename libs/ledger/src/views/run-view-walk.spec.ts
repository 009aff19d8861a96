import { describe, expect, test } from '@jest/globals';
import {
  type Address,
  keyOf,
  parseDocument,
  pathOf,
  runId,
  startRun,
  type TaskKey,
  type TaskState,
  toJsonText,
} from '@reprise/core';
import { type TaskViewRow, TaskWalk } from './run-view-walk.js';

const limits = { maxInputBytes: 1e6, maxOutputBytes: 1e6, maxItems: 1e5 };
const moment = { now: 1_000, units: [], limits };

const rowOf = ({ node, at, status, progress }: TaskState): TaskViewRow =>
  ({ node, at, status, progress: progress === null ? null : JSON.stringify(progress) }) as TaskViewRow;

/** Starts a run of tasks that end at once, and walks what its ledger would have. */
function walked(tasks: string) {
  const parsed = parseDocument(`workflow: w\ntasks:\n${tasks}`);
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  const { workflow } = parsed;
  const id = runId('01890000-0000-7000-8000-000000000001');
  const started = startRun(workflow, { id, input: toJsonText(null), labels: {} }, moment);
  const { run } = started;
  const rows = new Map(started.tasks.map((task) => [keyOf(task.node, task.at), task]));
  let asked = 0;
  const load = async (addresses: readonly Address[]) => {
    asked += 1;
    expect(addresses.length).toBeLessThanOrEqual(500);
    return addresses.flatMap(({ node, at }) => rows.get(keyOf(node, at)) ?? []).map(rowOf);
  };
  const all = async (after: Address | null = null, states = run.scope.states) => {
    const places: { readonly address: Address; readonly path: string; readonly status: string }[] = [];
    for await (const place of new TaskWalk(workflow, load).places(states, after)) {
      places.push({ address: { node: place.node, at: place.at }, path: pathOf(workflow, place), status: place.status });
    }
    return places;
  };
  /** What a decision has made of a row. */
  const change = (key: TaskKey, changed: Partial<TaskState>) => {
    const row = rows.get(key);
    if (row !== undefined) rows.set(key, { ...row, ...changed });
  };
  return { all, change, askedTimes: () => asked };
}

describe('the walk through a run', () => {
  const LEVELS = `
  a: { repeat: { maximum: 3 }, transform: 1 }
  b: { forEach: [1, 2], repeat: { maximum: 2 }, retry: {}, tasks: [{ id: c, transform: 1 }, { id: d, repeat: { maximum: 1 }, transform: 2 }] }
  e: { retry: { maximumAttempts: 2, initialInterval: 0s }, tasks: [{ id: f, fail: { code: X } }], onError: continue }
  g: { needs: [e], repeat: { maximum: 2, interval: 1h }, transform: 3 }`;

  test('shows items, rounds and attempts in their order, each behind what carries it', async () => {
    const inner = (path: string) => [path, `${path}.c`, `${path}.d`, `${path}.d[1]`];
    const rounds = (path: string) => [path, ...inner(`${path}[1]`)];
    const paths = (await walked(LEVELS).all()).map(({ path }) => path);
    expect(paths).toEqual([
      ...['a', 'a[1]', 'a[2]', 'a[3]'],
      'b',
      ...[0, 1].flatMap((item) => [`b[${item}]`, ...[1, 2].flatMap((round) => rounds(`b[${item}][${round}]`))]),
      ...['e', 'e[1]', 'e[1].f', 'e[2]', 'e[2].f'],
      ...['g', 'g[1]'],
    ]);
  });

  test('goes on behind any place without losing or repeating one', async () => {
    const { all } = walked(LEVELS);
    const places = await all();
    for (const [index, { address }] of places.entries()) {
      const rest = await all(address);
      expect([index, rest.map(({ path }) => path)]).toEqual([index, places.slice(index + 1).map(({ path }) => path)]);
    }
  });

  test('asks for the rounds of many items together', async () => {
    const items = JSON.stringify(Array.from({ length: 45 }, (_, index) => index));
    const { all, askedTimes } = walked(`  a: { forEach: ${items}, repeat: { maximum: 1 }, transform: 1 }`);
    expect(await all()).toHaveLength(1 + 2 * 45);
    expect(askedTimes()).toBeLessThan(5);
  });

  test('tells of what is to run again in a run that was taken up that it is pending, not what it was', async () => {
    const run = walked('  a: { fail: { code: X }, onError: continue }\n  b: { fail: { code: Y } }');
    const statuses = async (states?: string) => (await run.all(null, states)).map(({ path, status }) => `${path} ${status}`);
    expect(await statuses()).toEqual(['a failed', 'b failed']);
    expect(await statuses('c.')).toEqual(['a failed', 'b pending']);
    expect(await statuses('xk')).toEqual(['a cancelled', 'b skipped']);
  });

  test('tells of items that had failed, and are yet to be started again, that they are pending', async () => {
    const run = walked('  l: { forEach: { in: [1, 2, 3], tolerate: 3 }, fail: { code: X } }');
    const progress = { kind: 'list', total: 3, next: 3, done: 1, failed: 1, redo: [1, 2], closing: null, error: null } as const;
    run.change('0:', { status: 'running', progress });
    expect((await run.all()).map(({ status }) => status)).toEqual(['running', 'failed', 'pending', 'pending']);
  });
});
