import { fence } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { NOTICE_TO_RUN, NoticeStore } from './notice-store.js';
import { type SlotKey, SlotStore } from './slot-store.js';

/** Keys of one transaction, and how many of those one call may take. */
const PAGE = 100;
const MOST_ROUNDS = 10;
const NO_FENCE = fence(0);

/**
 * Takes places of concurrency keys from runs that have ended or are gone, as an earlier version left some behind, and gives them to those that
 * wait: they are told by rows. Returns how many keys that were.
 */
export async function reclaimPlaces(database: Database): Promise<number> {
  let reclaimed = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const keys = await database.run<SlotKey & Record<string, unknown>>(statement('stray-slot-keys'), [PAGE]);
    if (keys.length === 0) break;
    await database.transaction(async (session) => {
      const granted = await new SlotStore(session).reclaim(keys);
      await new NoticeStore(session).insert(granted.map((each) => ({ ...each, node: NOTICE_TO_RUN, at: '', fence: NO_FENCE })));
    });
    reclaimed += keys.length;
  }
  return reclaimed;
}
