import { expect, test } from '@jest/globals';
import { nameCursor } from '@reprise/ledger';
import { pageByName } from './page-by-name.js';

const self = (name: string): string => name;

function pagesOf(names: readonly string[], limit: number): readonly (readonly string[])[] {
  const pages: (readonly string[])[] = [];
  for (let cursor: string | null = null; ; ) {
    const { items, next }: { items: readonly string[]; next: string | null } = pageByName(names, { cursor, limit }, self);
    pages.push(items);
    if (next === null) return pages;
    cursor = next;
  }
}

test('each name is on one page, in order, whatever order they came in and whatever they are made of', () => {
  expect(pagesOf(['b', 'a|b', 'Ä', 'a', 'ä.retry', 'B', '\u{1f4a9}'], 3)).toEqual([
    ['B', 'a', 'a|b'],
    ['b', 'Ä', 'ä.retry'],
    ['\u{1f4a9}'],
  ]);
  expect(pagesOf(['a', 'b'], 2)).toEqual([['a', 'b']]);
  expect(pagesOf([], 2)).toEqual([[]]);
});

test('goes on behind a name that is gone by then', () => {
  const { items } = pageByName(['a', 'c', 'd'], { cursor: nameCursor('b'), limit: 1 }, self);
  expect(items).toEqual(['c']);
});

test.each(['x', 'abc=', Buffer.from('n|3').toString('base64url'), nameCursor('a\0b')])('refuses the cursor %s', (cursor) => {
  expect(() => pageByName(['a'], { cursor, limit: 1 }, self)).toThrow('The cursor is not one this list has given.');
});
