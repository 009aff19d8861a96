import { describe, expect, test } from '@jest/globals';
import { workflowOf } from '@reprise/testing';
import fc from 'fast-check';
import { depthOf, enclosing, indexAt, isItem, itemAt, itemIndex, keyOf, outerAt, parsePath, pathOf } from './address.js';

const workflow = workflowOf(`
workflow: w
tasks:
  page:
    forEach: [1]
    tasks:
      fetch: { call: x.fetch }
      row: { forEach: [1], tasks: { put: { call: x.put } } }
  done: { needs: [page], call: x.done }`);

describe('a path', () => {
  test.each([
    ['page', 0, ''],
    ['page[3]', 0, '3'],
    ['page[3].fetch', 1, '3'],
    ['page[3].row', 2, '3'],
    ['page[3].row[0]', 2, '3.0'],
    ['page[3].row[12].put', 3, '3.12'],
    ['done', 4, ''],
  ])('%s names node %i at %j, and back', (path, node, at) => {
    expect(parsePath(workflow, path)).toEqual({ node, at });
    expect(pathOf(workflow, { node, at })).toBe(path);
  });

  test.each(['', 'nope', 'done[1]', 'done.fetch', 'page[x]', 'page[1', 'page..fetch', 'page[1].nope', 'page[9999999999]'])(
    '%j names nothing',
    (path) => {
      expect(parsePath(workflow, path)).toBeNull();
    },
  );
});

describe('the rows around an instance', () => {
  test('are itself, its list, and every group and list outwards', () => {
    const around = enclosing(workflow, { node: 3, at: '3.12' }).map(({ node, at }) => keyOf(node, at));
    expect(around).toEqual(['3:3.12', '2:3.12', '2:3', '0:3', '0:']);
  });

  test('of a task at the root are itself alone', () => {
    expect(enclosing(workflow, { node: 4, at: '' })).toEqual([{ node: 4, at: '' }]);
  });

  test('of a number the workflow does not have are none', () => {
    expect(enclosing(workflow, { node: 99, at: '' })).toEqual([]);
  });
});

describe('an at', () => {
  const indices = fc.array(fc.nat({ max: 10_000 }), { minLength: 1, maxLength: 5 });

  test('is made of indices and gives them back', () => {
    fc.assert(
      fc.property(indices, (numbers) => {
        const at = numbers.reduce((outer, index) => itemAt(outer, index), '');
        expect(depthOf(at)).toBe(numbers.length);
        expect(itemIndex(at)).toBe(numbers.at(-1));
        for (const depth of numbers.keys()) expect(outerAt(at, depth)).toBe(numbers.slice(0, depth).join('.'));
      }),
    );
  });

  test('of nothing has no depth, and is in no item', () => {
    expect([depthOf(''), outerAt('', 3), indexAt('', 0), indexAt('4.0', 1), indexAt('4.0', 2)]).toEqual([0, '', null, 0, null]);
  });

  test('longer than its node is deep is that of an item', () => {
    const [page, fetch] = workflow.nodes;
    if (page === undefined || fetch === undefined) throw new Error('nodes are missing');
    expect([isItem(page, ''), isItem(page, '1'), isItem(fetch, '1')]).toEqual([false, true, false]);
  });
});
