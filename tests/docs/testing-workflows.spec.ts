import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { blocksOf, pages, placeOf, ROOT } from './pages.js';

/** `ts run`: a test that Node's own runner passes, on the built packages. */
const BLOCKS = pages()
  .flatMap(blocksOf)
  .filter(({ language, marks }) => language === 'ts' && marks.includes('run'));

describe('every test that is shown', () => {
  const cache = `${ROOT}/node_modules/.cache`;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(`${cache}/reprise-shown-tests-`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('there are some of them', () => expect(BLOCKS.length).toBeGreaterThanOrEqual(6));

  test.each(BLOCKS.map((block) => [placeOf(block), block] as const))('%s passes', (_place, { line, text }) => {
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const file = `${folder}/${line}.test.mjs`;
    writeFileSync(file, outputText);
    // Jest's own environment would be inherited, and Node's runner would think that it is a child of another.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], { encoding: 'utf8', env });
    const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0);
    const shown = text.match(/^test\(/gm)?.length ?? 0;
    expect({ status, passed, stdout: status === 0 ? '' : stdout }).toEqual({ status: 0, passed: shown, stdout: '' });
  });
});
