import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { askForStart, EMPTY_WINDOW, type RateWindow } from './rate-window.js';

interface Waiter {
  readonly cameAt: number;
  readonly dueAt: number;
  readonly again: boolean;
  readonly asks: number;
}

interface Scene {
  readonly max: number;
  readonly perMs: number;
  /** When each comes for the first time. */
  readonly arrivals: readonly number[];
  /** How late each alarm rings, in turn. */
  readonly lateness: readonly number[];
}

/** Everybody asks when told to, some milliseconds late; returns when each started, and how often they asked. */
function play({ max, perMs, arrivals, lateness }: Scene) {
  let window: RateWindow = EMPTY_WINDOW;
  const starts: number[] = [];
  const asks: number[] = [];
  const waiting: Waiter[] = arrivals.map((at) => ({ cameAt: at, dueAt: at, again: false, asks: 0 }));
  for (let step = 0; waiting.length > 0; step += 1) {
    if (step > 200_000) throw new Error('they ask for ever');
    waiting.sort((a, b) => b.dueAt - a.dueAt);
    const next = waiting.pop() as Waiter;
    const unit = (step * 0.618) % 1;
    const question = { max, perMs, again: next.again, waitedMs: next.dueAt - next.cameAt, unit };
    const answer = askForStart(window, question, next.dueAt);
    window = answer.window;
    if (answer.startAt <= next.dueAt) {
      starts.push(next.dueAt);
      asks.push(next.asks + 1);
    } else {
      const late = lateness.length === 0 ? 0 : (lateness[step % lateness.length] ?? 0);
      waiting.push({ cameAt: next.cameAt, dueAt: Math.ceil(answer.startAt) + late, again: true, asks: next.asks + 1 });
    }
    for (const kept of [window.starts, window.planned, window.promised]) expect(kept.length).toBeLessThanOrEqual(max);
  }
  return { starts, asks };
}

const most = (starts: readonly number[], perMs: number): number =>
  Math.max(0, ...starts.map((from) => starts.filter((at) => at >= from && at < from + perMs).length));

describe('a rate limit', () => {
  test('lets no more than `max` start in any span, however late those come who wait; and everybody starts', () => {
    const scenes = fc.record({
      max: fc.integer({ min: 1, max: 5 }),
      perMs: fc.integer({ min: 1, max: 3_000 }),
      arrivals: fc.array(fc.nat({ max: 10_000 }), { maxLength: 40 }),
      lateness: fc.array(fc.nat({ max: 400 }), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(scenes, (scene) => {
        const { starts } = play(scene);
        expect(most(starts, scene.perMs)).toBeLessThanOrEqual(scene.max);
        expect(starts).toHaveLength(scene.arrivals.length);
      }),
    );
  });

  test('keeps nobody waiting while there is room', () => {
    const arrivals = [0, 0, 0, 1_000, 1_001, 1_002, 2_000];
    expect(play({ max: 3, perMs: 1_000, arrivals, lateness: [] }).starts).toEqual(arrivals);
  });

  test('uses what it may: a hundred at ten a second, with alarms some milliseconds late, take little more than nine seconds', () => {
    const { starts, asks } = play({ max: 10, perMs: 1_000, arrivals: Array(100).fill(0), lateness: [3, 0, 17, 5, 40, 1, 9] });
    expect(most(starts, 1_000)).toBe(10);
    expect(Math.max(...starts)).toBeLessThan(10_000);
    expect(Math.max(...asks)).toBeLessThanOrEqual(3);
  });

  test('asks of a long queue no more than a look a minute, then less often', () => {
    const { starts, asks } = play({ max: 1, perMs: 1_000, arrivals: Array(1_000).fill(0), lateness: [5] });
    expect(most(starts, 1_000)).toBe(1);
    expect(Math.max(...asks)).toBeLessThan(40);
    expect(Math.max(...starts)).toBeLessThan(1_200_000);
  });

  test('sends nobody away for long because of others who never came', () => {
    let window: RateWindow = EMPTY_WINDOW;
    const question = { max: 1, perMs: 60_000, again: false, waitedMs: 0, unit: 0.5 };
    for (let count = 0; count < 50; count += 1) window = askForStart(window, question, 0).window;
    const later = askForStart(window, question, 100_000);
    expect(later.startAt).toBeLessThanOrEqual(160_000);
    expect(askForStart(later.window, { ...question, again: true }, later.startAt).startAt).toBe(later.startAt);
  });

  test('remembers enough for the largest `max` that is asked for under its key', () => {
    let window: RateWindow = EMPTY_WINDOW;
    const many = { max: 5, perMs: 1_000, again: false, waitedMs: 0, unit: 0 };
    for (let count = 0; count < 5; count += 1) window = askForStart(window, many, count).window;
    const one = askForStart(window, { ...many, max: 1 }, 10);
    expect(one.startAt).toBeGreaterThanOrEqual(1_004);
    expect(askForStart(one.window, { ...many, again: true }, 20).startAt).toBe(1_000);
  });
});
