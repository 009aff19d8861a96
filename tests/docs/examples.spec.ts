import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseDocument } from '@reprise/core';
import { ROOT } from './pages.js';

const EXAMPLES = readdirSync(`${ROOT}/examples`, { recursive: true, encoding: 'utf8' }).filter((path) => /\.ya?ml$/.test(path));

describe('every example document', () => {
  test.each(EXAMPLES)('%s is accepted without a warning', (path) => {
    expect(parseDocument(readFileSync(`${ROOT}/examples/${path}`, 'utf8'))).toMatchObject({ kind: 'ok', warnings: [] });
  });

  test.each(EXAMPLES)('%s tells editors its schema in the first line', (path) => {
    const [first] = readFileSync(`${ROOT}/examples/${path}`, 'utf8').split('\n');
    expect(first).toBe(`# yaml-language-server: $schema=${'../'.repeat(path.split('/').length)}docs/workflow.schema.json`);
  });
});
