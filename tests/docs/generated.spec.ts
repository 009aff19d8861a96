import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { blocksOf, pages, ROOT } from './pages.js';

test('what the pages say of settings, metrics, states, delays, topology and the command line is what the code says', () => {
  // A process of its own: the script reads the built packages, as `npm run docs` does.
  const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], { cwd: ROOT, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test('every generated part is in a page that the script knows', () => {
  const known = readFileSync(`${ROOT}/scripts/docs.mjs`, 'utf8');
  const unknown = pages().filter(({ path, text }) => /^<!-- generated: /m.test(text) && !known.includes(`'${path}'`));
  expect(unknown.map(({ path }) => path)).toEqual([]);
});

test('every diagram is closed and of a kind that is rendered', () => {
  const diagrams = pages()
    .flatMap(blocksOf)
    .filter(({ language }) => language === 'mermaid');
  expect(diagrams.length).toBeGreaterThanOrEqual(3);
  for (const { text } of diagrams) expect(text).toMatch(/^(stateDiagram-v2|flowchart (LR|TD)|sequenceDiagram)\n/);
});
