import type { Page } from '@reprise/contracts';
import type { PageOptions } from './runs-client.js';

const MOST_OF_A_PAGE = 500;

/** All of a list, page after page: `await readAll((page) => reprise.queues.list(page))`. */
export async function readAll<Item>(list: (page: PageOptions) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await list({ limit: MOST_OF_A_PAGE, cursor });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return items;
}
