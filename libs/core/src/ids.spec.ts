import { expect, test } from '@jest/globals';
import { claimId, fence, isUuid, runId, versionId } from './ids.js';

const UUID = '0198c5de-7b3a-7c11-9f00-2f6a1b2c3d4e';

test('an id is the text or number that it was made from: what one process writes another reads back as the same id', () => {
  expect([runId(UUID), versionId(UUID), claimId(UUID), fence(2 ** 40)]).toEqual([UUID, UUID, UUID, 2 ** 40]);
});

test.each<[string, boolean]>([
  [UUID, true],
  [UUID.toUpperCase(), false],
  [` ${UUID}`, false],
  [`${UUID}\n`, false],
  [UUID.replaceAll('-', ''), false],
  ['', false],
])('%j is a UUID as the ledger writes it: %s', (text, expected) => {
  expect(isUuid(text)).toBe(expected);
});
