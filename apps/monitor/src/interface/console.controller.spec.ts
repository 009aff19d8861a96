import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { CONSOLE_PATHS } from './console.controller.js';

describe('the console', () => {
  test('is served whole: each of its files, before a token is given', () => {
    const files = readdirSync(new URL('../../public', import.meta.url)).map((name) => (name === 'index.html' ? '/' : `/${name}`));
    expect([...CONSOLE_PATHS].sort()).toEqual(files.sort());
  });
});
