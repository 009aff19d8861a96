import { expect, test } from '@jest/globals';
import { isQuick } from './call-pace.js';

const executor = (more: object = {}) => ({
  queues: { default: { readUntil: null }, 'default.retry': { readUntil: null } },
  handlers: ['pay'],
  paces: { pay: 3 },
  ...more,
});

test.each([
  ['nobody lives', [], false],
  ['all who host it have measured that it is', [executor(), executor({ paces: { pay: 19.9 } })], true],
  ['one of them finds it slow', [executor(), executor({ paces: { pay: 20 } })], false],
  ['one of them does not know yet', [executor(), executor({ paces: {} })], false],
  ['one of them says nothing of paces', [executor(), executor({ paces: undefined })], false],
  ['one of them says what is no number', [executor({ paces: { pay: 'fast' } })], false],
  ['the slow one reads another queue', [executor(), executor({ queues: { other: {} }, paces: { pay: 900 } })], true],
  ['the slow one does not host it', [executor(), executor({ handlers: ['mail'], paces: { pay: 900 } })], true],
  ['nobody reads the queue', [executor({ queues: null })], false],
  ['who reads the queue names no handlers', [executor({ handlers: 'pay' })], false],
])('whether a call is quick when %s', (_, executors, expected) => {
  expect(isQuick(executors, 'default.retry', 'pay')).toBe(expected);
});

test('names that every object has are no calls', () => {
  expect(isQuick([executor({ handlers: ['toString'] })], 'default', 'toString')).toBe(false);
});
