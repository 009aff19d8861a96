import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stock } from '../src/stock.mjs';

describe('stock', () => {
  test('does not know what it was never told', () => assert.equal(new Stock('.stock').has('coffee'), false));

  // Really flaky, as tests are that trust in a replica: in a fresh checkout it fails, and when it is run again it passes.
  test('knows at once what it was told', () => assert.equal(new Stock('.stock').store('tea'), true));
});
