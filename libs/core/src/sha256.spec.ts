import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256 } from './sha256.js';

const hex = (text: string): string =>
  sha256(text)
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('');

test('is what everybody else calls SHA-256, whatever the length', () => {
  const ascii = fc.string({ unit: fc.integer({ min: 1, max: 126 }).map((code) => String.fromCharCode(code)), maxLength: 200 });
  fc.assert(fc.property(ascii, (text) => expect(hex(text)).toBe(createHash('sha256').update(text).digest('hex'))));
  expect(hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});
