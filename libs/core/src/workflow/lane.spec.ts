import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LANES, laneKey, laneKeys, readLaneKey } from './lane.js';

const queue = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);

test('a key says which lane of which queue it means', () => {
  fc.assert(
    fc.property(queue, fc.constantFrom(...LANES), (name, lane) => {
      expect(readLaneKey(laneKey(name, lane))).toEqual({ queue: name, lane });
    }),
  );
});

test('the normal lane is the queue itself', () => {
  expect(laneKeys('payments')).toEqual(['payments.high', 'payments', 'payments.retry', 'payments.low']);
  expect(readLaneKey('retry')).toEqual({ queue: 'retry', lane: 'normal' });
  expect(readLaneKey('payments.normal')).toEqual({ queue: 'payments.normal', lane: 'normal' });
});
