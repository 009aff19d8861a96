import { describe, expect, test } from '@jest/globals';
import { LANES } from '@reprise/core';
import fc from 'fast-check';
import { afterTurn, type Flow, LANE_WEIGHTS, NO_TURNS, nextTurn } from './lane-turns.js';

const flow = (key: string, weight: number): Flow => ({ key, weight });
const lanes = LANES.map((lane) => flow(lane, LANE_WEIGHTS[lane]));

/** Who is given each of `turns` slots, one after the other; `isThere` says who waits at each turn. */
function given(flows: readonly Flow[], turns: number, isThere: (flow: Flow, turn: number) => boolean = () => true): string[] {
  let state = NO_TURNS;
  return Array.from({ length: turns }, (_, turn) => {
    const [first, ...others] = flows.filter((each) => isThere(each, turn));
    if (first === undefined) return 'nobody';
    const next = nextTurn(state, [first, ...others]);
    state = afterTurn(state, next, 1);
    return next.key;
  });
}

const count = (all: readonly string[], key: string): number => all.filter((each) => each === key).length;

const flowsOf = fc
  .uniqueArray(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 6 })
  .map((weights) => weights.map((weight) => flow(`of ${weight}`, weight)));

describe('whose turn it is', () => {
  test('of lanes that all have work waiting is shared by their weights', () => {
    const served = given(lanes, 150);
    expect(LANES.map((lane) => count(served, lane))).toEqual([80, 40, 20, 10]);
    expect(served.slice(0, 3)).toEqual(['high', 'normal', 'retry']);
  });

  test('keeps to the weights at every moment, whatever they are', () => {
    fc.assert(
      fc.property(flowsOf, fc.integer({ min: 1, max: 400 }), (flows, turns) => {
        const served = given(flows, turns);
        const total = flows.reduce((sum, { weight }) => sum + weight, 0);
        // One turn of one's own, and one of each of the others, is how far a share may be off.
        for (const { key, weight } of flows)
          expect(Math.abs(count(served, key) - (turns * weight) / total)).toBeLessThanOrEqual(flows.length);
      }),
    );
  });

  test('comes for everybody who waits, however the others come and go', () => {
    fc.assert(
      fc.property(flowsOf, fc.infiniteStream(fc.boolean()), (flows, coming) => {
        const patient = flows.at(-1);
        const total = flows.reduce((sum, { weight }) => sum + weight, 0);
        if (patient === undefined) return;
        const longest = Math.ceil(total / patient.weight) + flows.length;
        const served = given(flows, longest, (each) => each === patient || coming.next().value === true);
        expect(served).toContain(patient.key);
      }),
    );
  });

  test('is nobody’s to save up: who was away begins with the others', () => {
    const served = given(lanes, 400, ({ key }, turn) => key !== 'high' || turn >= 300).slice(300);
    expect(count(served, 'high')).toBeLessThanOrEqual(55);
    expect(count(served, 'low')).toBeGreaterThanOrEqual(6);
  });

  test('is everybody’s who is there alone', () => {
    expect(new Set(given(lanes, 20, ({ key }) => key === 'low'))).toEqual(new Set(['low']));
  });

  test('counts what was given at once', () => {
    const [a, b] = [flow('a', 1), flow('b', 1)];
    const after = afterTurn(afterTurn(NO_TURNS, a, 10), b, 1);
    expect(nextTurn(after, [a, b]).key).toBe('b');
  });
});
