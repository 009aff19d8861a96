import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { type Page, pages, proseOf, ROOT } from './pages.js';

const PAGES = pages();

/** GitHub's anchors: lower case, without punctuation, spaces as hyphens. */
function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = text.split('\n').filter((line) => /^#{1,6} /.test(line));
  return new Set(
    headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .replace(/[`*]/g, '')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replace(/ /g, '-'),
    ),
  );
}

function brokenLinks(page: Page): readonly string[] {
  return [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^(https?:|mailto:)/.test(target)) return [];
    const [file = '', anchor] = target.split('#');
    const found = file === '' ? page.path : path.normalize(path.join(path.dirname(page.path), file));
    if (!existsSync(`${ROOT}/${found}`)) return [`${page.path}: ${target} does not exist`];
    if (anchor === undefined || !found.endsWith('.md')) return [];
    const other = PAGES.find((each) => each.path === found);
    return other !== undefined && anchorsOf(other).has(anchor) ? [] : [`${page.path}: ${target} has no such heading`];
  });
}

/** `libs/core/src/run/decide.ts`, `tests/chaos/`, `libs/ledger/sql/*.sql`: paths as prose names them. */
const NAMED = /`((?:apps|libs|docs|scripts|tests|deploy|examples|bench)\/[A-Za-z0-9_./*{},-]*)`/g;

function matches(pattern: string): boolean {
  const [star] = pattern.split('*');
  if (star === undefined || star === pattern) return existsSync(`${ROOT}/${pattern}`);
  const folder = path.dirname(`${star}x`);
  const name = new RegExp(`^${path.basename(pattern).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return (
    existsSync(`${ROOT}/${folder}`) &&
    (pattern.includes('*/') || readdirSync(`${ROOT}/${folder}`).some((each) => name.test(each)))
  );
}

/** `handlers/{http,shell}.ts` stands for two files. */
function expand(pattern: string): readonly string[] {
  const found = /^(.*)\{([^}]*)\}(.*)$/.exec(pattern);
  if (found === null) return [pattern];
  const [, before = '', choices = '', after = ''] = found;
  return choices.split(',').flatMap((choice) => expand(`${before}${choice}${after}`));
}

test('no relative link leads nowhere', () => {
  expect(PAGES.flatMap(brokenLinks)).toEqual([]);
});

test('no page names a file that does not exist', () => {
  const missing = PAGES.flatMap((page) =>
    [...proseOf(page).matchAll(NAMED)].flatMap(([, named = '']) =>
      expand(named).flatMap((each) => (matches(each) ? [] : [`${page.path}: ${each}`])),
    ),
  );
  expect(missing).toEqual([]);
});

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const name of reached) {
    const page = PAGES.find((each) => each.path === name);
    if (page === undefined) continue;
    for (const [, target = ''] of proseOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (!/^https?:/.test(target)) reached.add(path.normalize(path.join(path.dirname(name), target)));
    }
  }
  expect(PAGES.map((page) => page.path).filter((name) => !reached.has(name))).toEqual([]);
});
