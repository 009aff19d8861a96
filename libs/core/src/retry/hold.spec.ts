import { expect, test } from '@jest/globals';
import { holdDelay } from './hold.js';
import { NO_MEMORY, type RetryMemory } from './retry-memory.js';
import type { HoldReason } from './why.js';

function waits(reason: HoldReason, times: number): number[] {
  let memory: RetryMemory | null = null;
  return Array.from({ length: times }, () => {
    const held = holdDelay(reason, memory);
    memory = held.memory;
    return held.delayMs;
  });
}

test.each(['NO_QUEUE', 'NO_HANDLER'] as const)('%s waits 1 s, doubling to 30 s', (reason) => {
  expect(waits(reason, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(holdDelay(reason, { ...NO_MEMORY, holds: 100_000 }).delayMs).toBe(30_000);
});

test('KEY_IN_PROGRESS waits 1 s each time', () => {
  expect(waits('KEY_IN_PROGRESS', 4)).toEqual([1_000, 1_000, 1_000, 1_000]);
});

test('a hold is counted as a hold and as nothing else', () => {
  const memory: RetryMemory = { failures: 2, lost: 1, holds: 3, rules: { 0: 1 }, firstStartedAt: 5, lastDelayMs: 7 };
  const held = holdDelay('NO_HANDLER', memory);
  expect(held.memory).toEqual({ ...memory, holds: 4 });
  expect(held.why).toEqual({ reason: 'hold', hold: 'NO_HANDLER', holds: 4, delayMs: 8_000 });
});
