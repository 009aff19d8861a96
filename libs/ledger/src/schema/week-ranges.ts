import { firstUuidAt, WEEK_MS } from './partitions.js';

/** Ids from one to below another. */
export interface RunRange {
  readonly from: string;
  readonly below: string;
  /** The week whose partition this is; null: it is a part of the default partition. */
  readonly weekMs: number | null;
}

const FIRST = '00000000-0000-0000-0000-000000000000';
const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** All ids there can be, by the partition they are in, the oldest first. What lies between and beside the weeks is the default partition's. */
export function weekRanges(weeks: readonly number[]): readonly RunRange[] {
  const ranges: RunRange[] = [];
  let from = FIRST;
  for (const weekMs of weeks) {
    const [first, below] = [firstUuidAt(weekMs), firstUuidAt(weekMs + WEEK_MS)];
    if (from < first) ranges.push({ from, below: first, weekMs: null });
    ranges.push({ from: first, below, weekMs });
    from = below;
  }
  ranges.push({ from, below: LAST, weekMs: null });
  return ranges;
}

/** A range in two, where an id lies within it. */
export function splitRange(range: RunRange, id: string): readonly RunRange[] {
  if (id <= range.from || id >= range.below) return [range];
  return [
    { ...range, below: id },
    { ...range, from: id },
  ];
}
