import { describe, expect, test } from '@jest/globals';
import { names, opened, Scene, START, tally } from '../../test/dependency-scene.js';
import { closeByHand, openByHand, UNKNOWN_DEPENDENCY } from './index.js';

describe('a person', () => {
  test('opens a breaker until a person closes it; then canaries go first', () => {
    const scene = new Scene();
    scene.dependency = openByHand(scene.dependency, 'alice: the bank has a night off', scene.now);
    expect(scene.wait(86_400_000).ask('t1')).toMatchObject({ kind: 'hold', detail: 'alice: the bank has a night off' });
    scene.dependency = closeByHand(scene.dependency, scene.now);
    expect(scene.passing(names(10))).toHaveLength(3);
  });

  test('may open one that is open, and close one that is closed', () => {
    const scene = opened();
    scene.ask('t1');
    expect(openByHand(scene.dependency, 'x', scene.now).breaker).toMatchObject({ until: null, waiting: 1 });
    expect(closeByHand(UNKNOWN_DEPENDENCY, START)).toBe(UNKNOWN_DEPENDENCY);
  });
});

describe('without a breaker', () => {
  test('nothing opens, and what is open holds nobody back', () => {
    const scene = new Scene({ breaker: null, budget: null }).count(tally(1_000, 1_000));
    expect(scene.state).toBe('closed');
    scene.dependency = opened().dependency;
    expect(scene.ask('t1').kind).toBe('pass');
  });
});
