import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';
import { parse } from 'yaml';
import { type Block, blocksOf, pages, placeOf, ROOT } from './pages.js';

const cache = `${ROOT}/node_modules/.cache`;
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(`${cache}/reprise-built-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The workflow that a block exports. */
async function built({ text, line }: Block): Promise<unknown> {
  const file = `${folder}/${line}.mjs`;
  const { code } = transformSync(text, { swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  writeFileSync(file, code);
  return ((await import(file)) as { readonly default: unknown }).default;
}

const BLOCKS = pages().flatMap(blocksOf);
const workflows = BLOCKS.flatMap((block, at) =>
  block.language === 'ts' && block.marks.includes('document') ? [[placeOf(block), block, BLOCKS[at + 1]] as const] : [],
);

test('there are some', () => expect(workflows.length).toBeGreaterThanOrEqual(2));

test.each(workflows)('the workflow at %s is the document below it', async (_place, block, below) => {
  expect(below?.language).toBe('yaml');
  expect(await built(block)).toEqual(parse(below?.text ?? ''));
});
