import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Loop } from './loop.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function loop(...answers: readonly ('again' | 'rest' | Error)[]) {
  const left = [...answers];
  const seen = { rounds: 0, errors: [] as unknown[] };
  const work = async () => {
    seen.rounds += 1;
    const next = left.shift() ?? 'rest';
    if (next instanceof Error) throw next;
    return next;
  };
  return { seen, loop: new Loop({ everyMs: 1_000, unit: () => 0.5, work, onError: (error) => void seen.errors.push(error) }) };
}

test('goes on at once while there is more, and then rests', async () => {
  const { seen, loop: rounds } = loop('again', 'again', 'rest');
  rounds.start();
  await jest.advanceTimersByTimeAsync(0);
  expect(seen.rounds).toBe(3);
  await jest.advanceTimersByTimeAsync(999);
  expect(seen.rounds).toBe(3);
  await jest.advanceTimersByTimeAsync(1);
  expect(seen.rounds).toBe(4);
  await rounds.stop();
});

test('tells of a round that fails, rests, and goes on', async () => {
  const failure = new Error('away');
  const { seen, loop: rounds } = loop(failure, 'rest');
  rounds.start();
  await jest.advanceTimersByTimeAsync(0);
  expect(seen).toEqual({ rounds: 1, errors: [failure] });
  await jest.advanceTimersByTimeAsync(1_000);
  expect(seen.rounds).toBe(2);
  await rounds.stop();
});

test('begins nothing once it is stopped, and stops when the round at work has ended', async () => {
  let finish: (next: 'again') => void = () => undefined;
  let rounds = 0;
  const work = () => {
    rounds += 1;
    return new Promise<'again'>((resolve) => {
      finish = resolve;
    });
  };
  const one = new Loop({ everyMs: 1_000, unit: () => 0.5, work, onError: () => undefined });
  one.start();
  let stopped = false;
  const stopping = one.stop().then(() => {
    stopped = true;
  });
  await jest.advanceTimersByTimeAsync(0);
  expect(stopped).toBe(false);
  finish('again');
  await stopping;
  await jest.advanceTimersByTimeAsync(5_000);
  expect(rounds).toBe(1);
});
