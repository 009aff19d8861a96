import { SHARDS } from './shard.js';

interface Claim {
  readonly member: string;
  readonly shard: number;
  readonly weight: number;
}

/**
 * Who of these members takes which shards: rendezvous hashing (Thaler & Ravishankar 1998: each pair of member and shard has a
 * weight, the heaviest wins), bounded so that nobody has more than one shard more than another: with plain rendezvous two members
 * would share eight shards by 6 to 2 or worse in three of ten cases. It depends on nothing but the ids, in any order, so that members
 * that see the same list agree without talking. Beyond one member a shard, the rest has none.
 */
export function divideShards(members: readonly string[], shards = SHARDS): ReadonlyMap<string, readonly number[]> {
  const distinct = [...new Set(members)];
  const taken = new Map<string, number[]>(distinct.map((member) => [member, []]));
  const owned = new Set<number>();
  const least = Math.floor(shards / distinct.length);
  let further = shards - least * distinct.length;
  for (const { member, shard } of claims(distinct, shards)) {
    const mine = taken.get(member) ?? [];
    if (owned.has(shard) || mine.length > least || (mine.length === least && further === 0)) continue;
    if (mine.length === least) further -= 1;
    mine.push(shard);
    owned.add(shard);
  }
  return new Map([...taken].map(([member, mine]) => [member, mine.sort((a, b) => a - b)]));
}

/** The heaviest first; equal weights by name and number, or two members could both take themselves for the winner. */
function claims(members: readonly string[], shards: number): readonly Claim[] {
  const all = members.flatMap((member) =>
    Array.from({ length: shards }, (_, shard): Claim => ({ member, shard, weight: weightOf(`${member}/${shard}`) })),
  );
  return all.sort((a, b) => b.weight - a.weight || (a.member < b.member ? -1 : a.member > b.member ? 1 : a.shard - b.shard));
}

/** FNV-1a, 32 bits, finished as MurmurHash3 does: without that, texts that differ in their last character have weights in one order. */
function weightOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
