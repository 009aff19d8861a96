import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { firstUuidAt } from '../schema/partitions.js';
import type { RunViewRow } from './run-view.js';
import { filterValues, type IdBounds, type RunFilter } from './run-views-filter.js';

/** So many of the newest are looked at first, whatever their labels. */
const NEAR = 200;
/** How many times as far back each step goes as the one before. */
const FURTHER = 8;
const LEAST_MS = 1_000;
/** A step as long as this is the last. */
const MOST_MS = 400 * 24 * 3_600_000;

/** Runs that match, newest first: between two ids, or of these only. */
export function selectRuns(
  session: Session,
  filter: RunFilter,
  bounds: IdBounds,
  count: number,
  ids: readonly string[] | null = null,
): Promise<readonly RunViewRow[]> {
  // Whoever knows how an id begins means that run.
  const values = filterValues(filter, bounds, ids, filter.workflow !== null || bounds.from !== null);
  if (filter.labels !== null && ids === null) return listLabelled(session, values, count);
  return session.run<RunViewRow>(statement('list-runs'), [count, ...values]);
}

/**
 * Runs by labels, newest first, in steps back in time: the newest few, then eight times as far, and so on until there are enough. A label that
 * many runs have is found at once, one that few have by its index; no step has many more to fetch than were asked for, unless they lie
 * unevenly. `values`: those of `list-runs` but for how many.
 */
async function listLabelled(
  session: Session,
  [below, from, ...rest]: readonly unknown[],
  count: number,
): Promise<readonly RunViewRow[]> {
  const found: RunViewRow[] = [];
  const step = async (under: unknown, down: unknown) => {
    const values = [count - found.length, under, down, ...rest];
    found.push(...(await session.run<RunViewRow>(statement('list-labelled-runs'), values)));
  };
  type Edges = { newest: string; oldest: string };
  const [edges] = await session.run<Edges>(statement('newest-runs-edges'), [NEAR, below, from, ...rest]);
  if (edges === undefined) {
    await step(below, from);
    return found;
  }
  await step(below, edges.oldest);
  let span = Math.max(msOf(edges.newest) - msOf(edges.oldest), LEAST_MS);
  for (let under = edges.oldest; found.length < count; ) {
    span *= FURTHER;
    const down = firstUuidAt(Math.max(msOf(under) - span, 0));
    const isLast = span > MOST_MS || (typeof from === 'string' && down <= from);
    await step(under, isLast ? from : down);
    if (isLast) break;
    under = down;
  }
  return found;
}

/** The instant inside a UUIDv7. */
const msOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
