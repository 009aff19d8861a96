import { describe, expect, test } from '@jest/globals';
import { workflowOf } from '@reprise/testing';
import { enclosing, parsePath, pathOf } from '../address.js';
import { resolveTask } from './resolve-task.js';
import type { CallWork } from './workflow.js';

const workflow = workflowOf(`
workflow: w
defaults: { retry: { maximumAttempts: 7, onExhausted: fail } }
onFailure:
  - { id: tell, call: tell }
  - { id: note, forEach: [1], call: note }
tasks:
  trip:
    forEach: [1]
    tasks:
      compensate: { call: hotel, compensate: { call: undo.hotel } }
      flight: { repeat: { maximum: 2 }, call: flight, compensate: { call: undo.flight, retry: { onExhausted: fail } } }
    compensate: { call: undo.trip }
  last: { needs: [trip], call: last }`);

test('what follows a failure is numbered behind the tasks, what undoes them behind everything', () => {
  expect(workflow.nodes.map(({ path, role }) => `${path} ${role}`)).toEqual([
    'trip member',
    'trip.compensate member',
    'trip.flight member',
    'last member',
    'onFailure onFailure',
    'onFailure.tell member',
    'onFailure.note member',
    'trip:compensate compensation',
    'trip.compensate:compensate compensation',
    'trip.flight:compensate compensation',
  ]);
  expect(workflow.root.members).toEqual([0, 3]);
  expect(workflow.onFailure).toBe(4);
  expect(workflow.nodes.map(({ compensation }) => compensation)).toEqual([7, 8, 9, ...Array(7).fill(null)]);
  expect(workflow.nodes.slice(7).map(({ compensates, depth, levels }) => [compensates, depth, levels])).toEqual([
    [0, 1, []],
    [1, 1, []],
    [2, 2, []],
  ]);
});

test('a compensation is a call with the workflow’s defaults, but it waits for a person unless it says otherwise itself', () => {
  const retries = workflow.nodes.slice(7).map(({ work }) => (work as CallWork).retry);
  expect(retries.map(({ onExhausted }) => onExhausted)).toEqual(['park', 'park', 'fail']);
  expect(retries.map(({ maximumAttempts }) => maximumAttempts)).toEqual([7, 7, 7]);
});

describe('a path', () => {
  test.each([
    ['trip[3]:compensate', 7, '3'],
    ['trip[3].compensate', 1, '3'],
    ['trip[3].compensate:compensate', 8, '3'],
    ['trip[3].flight[2]:compensate', 9, '3.2'],
    ['onFailure', 4, ''],
    ['onFailure.tell', 5, ''],
    ['onFailure.note[0]', 6, '0'],
  ])('%s names node %i at %j, and back', (path, node, at) => {
    expect(parsePath(workflow, path)).toEqual({ node, at });
    expect(pathOf(workflow, { node, at })).toBe(path);
  });

  test.each([
    'trip:compensate',
    'trip[3].flight:compensate',
    'last:compensate',
    'nope:compensate',
    ':compensate',
    'onFailure:compensate',
    'trip[3]:undo',
    'trip[3]:compensate:compensate',
    'onFailure.nope',
  ])('%j names nothing', (path) => {
    expect(parsePath(workflow, path)).toBeNull();
  });
});

test('nobody else’s rows are touched by undoing an instance, and no task is called after it', () => {
  expect(enclosing(workflow, { node: 9, at: '3.2' })).toEqual([{ node: 9, at: '3.2' }]);
  expect(resolveTask(workflow, null, 'onFailure')).toBeNull();
  expect(resolveTask(workflow, workflow.nodes[2] ?? null, 'compensate')?.index).toBe(1);
});
