import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatCents, withTax } from '../src/price.mjs';

describe('price', () => {
  test('adds the tax', () => assert.equal(withTax(1000, 19), 1190));
  test('rounds to whole cents', () => assert.equal(withTax(99, 19), 118));
  test('without tax is what it was', () => assert.equal(withTax(1234, 0), 1234));
  test('is written with two decimals', () => assert.deepEqual([5, 250, -105].map(formatCents), ['0.05', '2.50', '-1.05']));
});
