import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cart } from '../src/cart.mjs';

describe('cart', () => {
  test('is empty at first', () => assert.equal(new Cart().total, 0));

  test('adds up', () => {
    const cart = new Cart();
    cart.add('tea', 450, 2);
    cart.add('cup', 1200);
    cart.add('tea', 450);
    assert.equal(cart.total, 2550);
  });

  test('forgets what was removed', () => {
    const cart = new Cart();
    cart.add('tea', 450, 2);
    assert.equal(cart.remove('tea'), true);
    assert.equal(cart.total, 0);
  });

  test('refuses to hold "less than nothing" & <nothing>', () => {
    assert.throws(() => new Cart().add('tea', 450, -1), RangeError);
  });
});
