import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { divideShards } from './divide-shards.js';
import { SHARDS } from './shard.js';

const ids = fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 12 });
const shardCounts = fc.constantFrom(1, 2, 7, SHARDS, 16, 64);

/** By shard, who has it. */
function ownersOf(members: readonly string[], shards = SHARDS): readonly string[] {
  const owners = new Array<string>(shards);
  for (const [member, mine] of divideShards(members, shards)) for (const shard of mine) owners[shard] = member;
  return owners;
}

const moved = (before: readonly string[], after: readonly string[]) =>
  before.filter((owner, shard) => after[shard] !== owner).length;

describe('shards divided over members', () => {
  test('have one owner each, and every member is told what it has', () => {
    fc.assert(
      fc.property(ids, shardCounts, (members, shards) => {
        const divided = divideShards(members, shards);
        expect([...divided.keys()].sort()).toEqual([...members].sort());
        const all = [...divided.values()].flat().sort((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: shards }, (_, shard) => shard));
      }),
    );
  });

  test('are divided evenly: nobody has more than one shard more than another', () => {
    fc.assert(
      fc.property(ids, shardCounts, (members, shards) => {
        const loads = [...divideShards(members, shards).values()].map(({ length }) => length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('are the same whoever asks: neither order nor repetition matters', () => {
    fc.assert(
      fc.property(ids, fc.nat(), (members, by) => {
        const turned = [...members.slice(by % members.length), ...members, ...members.slice(0, by % members.length)].reverse();
        expect(ownersOf(turned)).toEqual(ownersOf(members));
      }),
    );
  });

  test('all go to a member that is alone', () => {
    expect(divideShards(['s1'])).toEqual(new Map([['s1', [0, 1, 2, 3, 4, 5, 6, 7]]]));
    expect(divideShards([])).toEqual(new Map());
  });

  test('never change hands while the members stay: builds that run side by side must agree', () => {
    expect(Object.fromEntries(divideShards(['scheduler-a', 'scheduler-b', 'scheduler-c']))).toEqual({
      'scheduler-a': [0, 2, 3],
      'scheduler-b': [4, 5, 6],
      'scheduler-c': [1, 7],
    });
  });

  test('move hardly more than they must when one joins or leaves', () => {
    for (let count = 1; count < SHARDS; count += 1) {
      let needed = 0;
      let all = 0;
      for (let example = 0; example < 200; example += 1) {
        const members = Array.from({ length: count + 1 }, (_, index) => `scheduler-${example}-${index}`);
        const after = ownersOf(members);
        // To leave is to join, read backwards.
        all += moved(ownersOf(members.slice(0, -1)), after);
        needed += after.filter((owner) => owner === members.at(-1)).length;
      }
      // The price of an even division: about one shard more on the average. Dividing anew by count would move six of eight.
      expect((all - needed) / 200).toBeLessThan(1.6);
    }
    // Where an even division needs nothing else, nothing else moves.
    expect(moved(ownersOf(['a']), ownersOf(['a', 'b']))).toBe(SHARDS / 2);
  });
});
