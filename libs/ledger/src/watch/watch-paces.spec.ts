import { expect, test } from '@jest/globals';
import type { Member } from './member-store.js';
import { WatchPaces } from './watch-paces.js';

const member = (pay: number): Member => ({
  id: 'e',
  service: 'executor',
  info: { queues: { default: {} }, handlers: ['pay'], paces: { pay } },
  startedAt: 0,
  leaseUntil: 1,
});

test('what executors say counts from the next look on, and nothing is quick while it cannot be read', async () => {
  const errors: unknown[] = [];
  let live: () => Promise<readonly Member[]> = async () => [member(2)];
  const paces = new WatchPaces({ members: { live: () => live() }, onError: (error) => void errors.push(error) });
  expect(paces.isQuick('default', 'pay')).toBe(false);
  await paces.look();
  expect([paces.isQuick('default', 'pay'), paces.isQuick('other', 'pay')]).toEqual([true, false]);
  live = async () => [member(2), member(500)];
  expect(paces.isQuick('default', 'pay')).toBe(true);
  await paces.look();
  expect(paces.isQuick('default', 'pay')).toBe(false);
  live = async () => [member(2)];
  await paces.look();
  expect(paces.isQuick('default', 'pay')).toBe(true);
  live = () => Promise.reject(new Error('away'));
  await paces.look();
  expect([paces.isQuick('default', 'pay'), errors]).toEqual([false, [new Error('away')]]);
});
