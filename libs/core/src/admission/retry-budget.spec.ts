import { describe, expect, test } from '@jest/globals';
import { BREAKER, names, Scene, tally } from '../../test/dependency-scene.js';

describe('a retry budget', () => {
  const budget = { percent: 20, floorPerSecond: 1 };
  const budgeted = (): Scene => new Scene({ breaker: null, budget }).count(tally(100, 50, { firsts: 100 }));

  test('is a share of the first attempts of the last 10 s, and the floor', () => {
    const scene = budgeted();
    const answers = names(40).map((key) => scene.ask(key, { isRetry: true }));
    expect(answers.filter(({ kind }) => kind === 'pass')).toHaveLength(30);
    expect(answers.at(-1)).toMatchObject({
      hold: 'RETRY_BUDGET',
      detail: '30 retries within 10 s for 100 first attempts: at most 20 % and 1 a second',
    });
  });

  test('holds no first attempt back, and is there again after 10 s', () => {
    const scene = budgeted();
    for (const key of names(40)) scene.ask(key, { isRetry: true });
    expect(scene.ask('fresh').kind).toBe('pass');
    const late = scene.ask('t99', { isRetry: true, unit: 0.999 });
    const wait = late.kind === 'hold' ? late.startAt - scene.now : 0;
    expect(wait).toBeGreaterThan(9_000);
    expect(wait).toBeLessThanOrEqual(10_000);
    expect(scene.wait(11_000).ask('t99', { isRetry: true }).kind).toBe('pass');
  });

  test('counts canaries that are retries, but does not hold them back', () => {
    const scene = new Scene({ breaker: BREAKER, budget: { percent: 0, floorPerSecond: 0.1 } }).count(tally(10, 10)).wait(5_000);
    expect(names(3).map((key) => scene.ask(key, { isRetry: true }).kind)).toEqual(['pass', 'pass', 'pass']);
    expect(scene.dependency.seconds.reduce((sum, { retries }) => sum + retries, 0)).toBe(3);
  });
});
