import type { Page } from '@reprise/contracts';
import { nameCursor, type PageRequest, page, readNameCursor } from '@reprise/ledger';
import { badCursor } from './read-query.js';

/** A page of a list that is at hand as a whole, in the order of its names: what comes or goes meanwhile moves no other from its page. */
export function pageByName<Item>(
  items: readonly Item[],
  { cursor, limit }: PageRequest,
  nameOf: (item: Item) => string,
): Page<Item> {
  const after = cursor === null ? null : readNameCursor(cursor);
  if (cursor !== null && after === null) throw badCursor();
  const behind = items.filter((item) => after === null || nameOf(item) > after);
  // The database may order by the rules of a language, in which what is behind a name is not what is greater here.
  const sorted = behind.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  return page(
    sorted,
    limit,
    (item) => item,
    (item) => nameCursor(nameOf(item)),
  ).page;
}
