import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SHARDS, shardOf } from './shard.js';

const runIds = fc.uuid({ version: 7 });

describe('the shard of a run', () => {
  test('is always one of the shards, and the same one for the same run', () => {
    fc.assert(
      fc.property(runIds, (runId) => {
        expect(Number.isInteger(shardOf(runId)) && shardOf(runId) >= 0 && shardOf(runId) < SHARDS).toBe(true);
        expect(shardOf(runId)).toBe(shardOf(runId.toUpperCase()));
      }),
    );
  });

  test('never changes for a known id: stored runs and queued messages depend on it', () => {
    expect(shardOf('019ab1c2-3d4e-7f60-8123-456789abcdef')).toBe(7);
    expect(shardOf('019ab1c2-3d4e-7f60-8123-456789abcde8')).toBe(0);
  });

  test('spreads runs of the same millisecond over all shards', () => {
    const counts = new Array<number>(SHARDS).fill(0);
    for (let low = 0; low < 8_000; low += 1) {
      // A multiplier that walks through all 32-bit tails, so the test is the same every time.
      const tail = ((low * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
      counts[shardOf(`019ab1c2-3d4e-7f60-8123-4567${tail}`)]! += 1;
    }
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(100);
  });

  test('refuses what is not a run id instead of routing it nowhere', () => {
    expect(() => shardOf('order-42')).toThrow(RangeError);
    expect(() => shardOf('')).toThrow(RangeError);
  });
});
