import { expect, test } from '@jest/globals';
import { cleanError } from './clean-error.js';

test('an error is kept as it is', () => {
  expect(cleanError('CARD_DECLINED', 'no', { by: 'bank' })).toEqual({
    code: 'CARD_DECLINED',
    message: 'no',
    details: { by: 'bank' },
  });
  expect(cleanError('X', 'no details')).toEqual({ code: 'X', message: 'no details' });
});

test('its text is bounded, and has nothing that Postgres refuses', () => {
  const { code, message } = cleanError('A\u0000'.repeat(200), `\ud800${'m'.repeat(9_000)}`);
  expect([code.length, code.slice(0, 2), message.length, message.slice(0, 2)]).toEqual([200, 'A\ufffd', 8_192, '\ufffdm']);
});

test('details that are too large are named, those that are no JSON are dropped', () => {
  expect(cleanError('X', '', 'd'.repeat(65_536)).details).toBe('details of 65538 characters are too large to keep');
  expect(cleanError('X', '', 1n).details).toBeNull();
});
