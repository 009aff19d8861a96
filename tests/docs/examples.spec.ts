import { existsSync, readdirSync, readFileSync } from 'node:fs';
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

/** Those that tell a story; the others are what the first steps need. */
const STORIES = readdirSync(`${ROOT}/examples`).filter((name) => existsSync(`${ROOT}/examples/${name}/README.md`));

describe('every example with a page of its own', () => {
  test('there are five of them', () => {
    expect(STORIES.sort()).toEqual(['automated-testing', 'batch-processing', 'data-sync', 'python-worker', 'refund']);
  });

  test.each(STORIES)('%s is linked from the first page, and named like its workflow', (name) => {
    expect(readFileSync(`${ROOT}/README.md`, 'utf8')).toContain(`[examples/${name}](examples/${name}/README.md)`);
    expect(readFileSync(`${ROOT}/examples/${name}/${name}.yaml`, 'utf8')).toContain(`\nworkflow: ${name}\n`);
  });

  test.each(STORIES)('%s says which system test does the same, and how it is applied by hand', (name) => {
    const page = readFileSync(`${ROOT}/examples/${name}/README.md`, 'utf8');
    expect(page).toContain(`\`tests/system/${name}.spec.ts\``);
    expect(existsSync(`${ROOT}/tests/system/${name}.spec.ts`)).toBe(true);
    expect(page).toContain(`npx reprise workflow apply examples/${name}/${name}.yaml`);
  });
});
