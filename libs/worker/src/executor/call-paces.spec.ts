import { expect, test } from '@jest/globals';
import { CallPaces } from './call-paces.js';

test('the mean follows what handlers take lately, each call for itself', () => {
  const paces = new CallPaces();
  paces.observe('pay', 10);
  paces.observe('pay', 20);
  paces.observe('mail', 0.04);
  expect(paces.all).toEqual({ pay: 11, mail: 0 });
});

test('that a call becomes quick, or ceases to be, is news once', () => {
  const paces = new CallPaces();
  expect(paces.takeNews()).toBe(false);
  paces.observe('pay', 5);
  expect([paces.takeNews(), paces.takeNews()]).toEqual([true, false]);
  paces.observe('pay', 9);
  expect(paces.takeNews()).toBe(false);
  // One attempt that hangs is enough; it takes many quick ones to make up for it.
  paces.observe('pay', 30_000);
  expect([paces.takeNews(), paces.takeNews()]).toEqual([true, false]);
  for (let times = 0; times < 40; times += 1) paces.observe('pay', 5);
  expect(paces.takeNews()).toBe(false);
  for (let times = 0; times < 40; times += 1) paces.observe('pay', 5);
  expect(paces.takeNews()).toBe(true);
});
