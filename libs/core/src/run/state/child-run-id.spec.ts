import { describe, expect, test } from '@jest/globals';
import { fence, isUuid, runId } from '../../ids.js';
import { childRunId } from './child-run-id.js';

const parent = runId('01890000-0000-7000-8000-000000000001');
const now = Date.UTC(2026, 0, 1);

describe('the id of a child run', () => {
  test('is a UUIDv7 of the moment its task started', () => {
    const id = childRunId(parent, { node: 3, at: '0.1' }, fence(2), now + 0.75);
    expect(isUuid(id)).toBe(true);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now);
  });

  test('is the same whenever it is asked for, and another for another parent, instance or fence', () => {
    const ids = [
      childRunId(parent, { node: 3, at: '' }, fence(1), now),
      childRunId(runId('01890000-0000-7000-8000-000000000002'), { node: 3, at: '' }, fence(1), now),
      childRunId(parent, { node: 4, at: '' }, fence(1), now),
      childRunId(parent, { node: 3, at: '0' }, fence(1), now),
      childRunId(parent, { node: 3, at: '' }, fence(2), now),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(childRunId(parent, { node: 3, at: '' }, fence(1), now)).toBe(ids[0]);
  });

  test('spreads the children of one parent over the shards', () => {
    const shards = Array.from({ length: 800 }, (_, index) => childRunId(parent, { node: 1, at: `${index}` }, fence(1), now)).map(
      (id) => Number.parseInt(id.slice(-8), 16) % 8,
    );
    for (let shard = 0; shard < 8; shard += 1) expect(shards.filter((each) => each === shard).length).toBeGreaterThan(60);
  });
});
