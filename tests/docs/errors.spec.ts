import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { ROOT } from './pages.js';

const page = readFileSync(`${ROOT}/docs/errors.md`, 'utf8');

function sources(folder: string): readonly { readonly name: string; readonly text: string }[] {
  return readdirSync(`${ROOT}/${folder}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.spec\.ts$/.test(entry.name))
    .filter((entry) => !/node_modules|\/dist|\/testing/.test(entry.parentPath))
    .map((entry) => {
      const name = `${entry.parentPath}/${entry.name}`;
      return { name, text: readFileSync(name, 'utf8') };
    });
}

const found = (texts: readonly string[], pattern: RegExp): readonly string[] =>
  [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')))].sort();

const missing = (codes: readonly string[]): readonly string[] => codes.filter((code) => !page.includes(`\`${code}\``));

test('every code that an HTTP answer can carry is explained', () => {
  const services = [...sources('apps'), ...sources('libs')]
    .map(({ text }) => text)
    .filter((text) => text.includes('ProblemError'));
  const codes = found(services, /\bcode: (?:\w+ \? )?'([a-z][a-z_]+)'/g);
  expect(codes.length).toBeGreaterThan(20);
  expect(missing(codes)).toEqual([]);
});

test('every code that Reprise gives a task is explained', () => {
  const places = [...sources('libs/core'), ...sources('libs/worker'), ...sources('apps/executor')].map(({ text }) => text);
  const codes = [
    ...found(places, /new TaskError\(\s*'([A-Za-z.]+[A-Z_.]*)'/g),
    ...found(places, /\bcode: '([A-Z][A-Z_]+)'/g),
    ...found(places, /refused\('([a-z]+\.[A-Z_]+)'/g),
  ];
  expect(codes.length).toBeGreaterThan(10);
  expect(missing([...new Set(codes)])).toEqual([]);
});
