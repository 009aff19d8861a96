import { expect, test } from '@jest/globals';
import { compileWorkflow } from './compile.js';
import { resolveTask } from './resolve-task.js';

const call = { call: 'x' };
const workflow = compileWorkflow({
  workflow: 'w',
  tasks: {
    left: { tasks: { same: call, own: call } },
    right: { tasks: { same: call, inner: { tasks: { same: call, deep: call } } } },
    same: call,
  },
});
const nodeAt = (path: string) => workflow.nodes.find((node) => node.path === path) ?? null;

test.each<[reader: string, id: string, meant: string | null]>([
  ['right.inner.deep', 'same', 'right.inner.same'],
  ['right.inner', 'same', 'right.same'],
  ['right.inner.deep', 'inner', 'right.inner'],
  ['right.inner.deep', 'left', 'left'],
  ['right', 'same', 'same'],
  ['right.inner.deep', 'own', null],
  ['', 'same', 'same'],
  ['', 'deep', null],
])('in %j, tasks.%s is %j: own siblings first, then outwards, never what is inside others', (reader, id, meant) => {
  expect(resolveTask(workflow, nodeAt(reader), id)?.path ?? null).toBe(meant);
});
