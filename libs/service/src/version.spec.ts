import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { VERSION } from './index.js';

test('what services say of their version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
});
