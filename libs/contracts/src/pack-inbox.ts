import { toInbox } from './decision-messages.js';
import type { InboxItem } from './inbox-message.js';
import type { Outgoing } from './outgoing.js';
import { shardOf } from './shard.js';
import type { TopologyNames } from './topology.js';

/** Items of one message. */
const PACK = 100;

/** Items of any runs, as few messages as may be: by shard, in their order. */
export const packInbox = (names: TopologyNames, items: readonly InboxItem[]): readonly Outgoing[] =>
  packsOf(items).map((pack) => toInbox(names, pack));

/** The items of each message. */
export function packsOf(items: readonly InboxItem[]): readonly (readonly InboxItem[])[] {
  const byShard = new Map<number, InboxItem[][]>();
  for (const item of items) {
    const shard = shardOf(item.run);
    const packs = byShard.get(shard) ?? [];
    const last = packs.at(-1);
    if (last === undefined || last.length >= PACK) packs.push([item]);
    else last.push(item);
    byShard.set(shard, packs);
  }
  return [...byShard.values()].flat();
}
