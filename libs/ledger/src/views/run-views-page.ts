import type { Page } from '@reprise/contracts';

/** A page asked for: `cursor` null = from the beginning. */
export interface PageRequest {
  readonly cursor: string | null;
  /** 1–500. */
  readonly limit: number;
}

export type Paged<Item> =
  | { readonly kind: 'page'; readonly page: Page<Item> }
  | { readonly kind: 'bad-cursor' }
  | { readonly kind: 'not-found' };

/** `rows` hold one more than the page when there is a next one. */
export function page<PageRow, Item>(
  rows: readonly PageRow[],
  limit: number,
  view: (row: PageRow) => Item,
  cursorOf: (row: PageRow) => string,
): { readonly kind: 'page'; readonly page: Page<Item> } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    kind: 'page',
    page: { items: shown.map(view), next: rows.length > limit && last !== undefined ? cursorOf(last) : null },
  };
}
