import { type Outgoing, type TopologyNames, toInbox } from '@reprise/contracts';
import { fence, type RunId } from '@reprise/core';
import {
  ChildStore,
  NOTICE_TO_RUN,
  NoticeStore,
  type Session,
  type SlotBook,
  type SlotRun,
  SlotStore,
  type SlotWrite,
  slotKeyText,
} from '@reprise/ledger';
import type { PlannedStart } from './start-request.js';

/** How a run begins under its workflow's `concurrency`. */
export type Place =
  /** At once; `slotKey` null: it counts nowhere. */
  | { readonly kind: 'begin'; readonly slotKey: string | null }
  | { readonly kind: 'queue'; readonly slotKey: string }
  | { readonly kind: 'skip'; readonly holder: RunId };

export interface TakenPlaces {
  readonly placeOf: (start: PlannedStart) => Place;
  /**
   * To be called once the runs are in the ledger, with those that have ended as they began: nobody else would give their places back.
   * Asks those that must make room for newer ones to stop. Returns what they, and those that were given a place, are told; rows say the same.
   */
  readonly settle: (ended: readonly RunId[]) => Promise<readonly Outgoing[]>;
}

const UNCOUNTED: Place = { kind: 'begin', slotKey: null };
const NO_FENCE = fence(0);

type Counted = PlannedStart & { readonly slotKey: string };

/** Takes places of concurrency keys, or a place in their queues, in the order of the starts. Free where no workflow has any. */
export async function takePlaces(session: Session, names: TopologyNames, starts: readonly PlannedStart[]): Promise<TakenPlaces> {
  const counted = starts.filter((start): start is Counted => start.slotKey !== null);
  if (counted.length === 0) return { placeOf: () => UNCOUNTED, settle: async () => [] };
  const store = new SlotStore(session);
  const keys = [...new Map(counted.map((start) => [slotKeyText(keyOf(start)), keyOf(start)])).values()];
  await store.lock(keys);
  const books = await store.read(keys);
  const inherited = await store.inherited(counted.flatMap(childOf));
  const taking = new TakePlaces(books);
  for (const start of counted) if (!inherited.has(start.run)) taking.take(start);
  await store.insert(taking.writes);
  return {
    placeOf: (start) => taking.places.get(start) ?? UNCOUNTED,
    settle: async (ended) => {
      // First what is free already: nobody is cancelled for a place that a run of this batch has left.
      const granted = await giveBack(session, taking, ended);
      const replaced = await superseded(store, counted, taking);
      await new ChildStore(session).cancel(replaced.map(({ run, by }) => ({ run, reason: `run ${by} takes its place` })));
      return [...replaced, ...granted].map(({ run, version }) => toInbox(names, [{ kind: 'look', run, version }]));
    },
  };
}

/** As the scheduler does it (its settle-places.ts) for runs that end later. */
async function giveBack(session: Session, { writes }: TakePlaces, ended: readonly RunId[]): Promise<readonly SlotRun[]> {
  const counted = new Set(writes.map(({ run }) => run));
  const over = ended.filter((run) => counted.has(run));
  if (over.length === 0) return [];
  const granted = await new SlotStore(session).release(over, new Map());
  await new NoticeStore(session).insert(granted.map((each) => ({ ...each, node: NOTICE_TO_RUN, at: '', fence: NO_FENCE })));
  return granted;
}

const keyOf = ({ workflow, slotKey: key }: Counted) => ({ workflow: workflow.name, key });

const childOf = ({ run, workflow, slotKey: key, origin: { parent } }: Counted) =>
  parent === null ? [] : [{ run, parent: parent.run, workflow: workflow.name, key }];

/** The books of the keys, as they become while the starts of a batch take their places one after the other. */
class TakePlaces {
  readonly places = new Map<PlannedStart, Place>();
  readonly writes: SlotWrite[] = [];
  private readonly held: Map<string, RunId[]>;
  private readonly waited: Set<string>;

  constructor(books: ReadonlyMap<string, SlotBook>) {
    this.held = new Map([...books].map(([key, { held }]) => [key, held.map(({ run }) => run)]));
    this.waited = new Set([...books].filter(([, { waited }]) => waited).map(([key]) => key));
  }

  take(start: Counted): void {
    const { concurrency } = start.workflow;
    const { slotKey, run, version } = start;
    const text = slotKeyText(keyOf(start));
    const held = this.held.get(text) ?? [];
    const most = concurrency?.limit ?? 1;
    // Who has waited longer goes first, even where there is room by now.
    const isFree = held.length < most && !this.waited.has(text);
    if (!isFree && concurrency?.overlap === 'skip') {
      this.places.set(start, { kind: 'skip', holder: held[0] ?? run });
      return;
    }
    this.places.set(start, { kind: isFree ? 'begin' : 'queue', slotKey });
    this.writes.push({ ...keyOf(start), run, version, state: isFree ? 'held' : 'waiting', most });
    if (isFree) this.held.set(text, [...held, run]);
    else this.waited.add(text);
  }
}

/** With `cancelRunning` the newest stay: as many of the oldest are asked to stop as are too many. */
async function superseded(
  store: SlotStore,
  counted: readonly Counted[],
  { places }: TakePlaces,
): Promise<readonly (SlotRun & { readonly by: RunId })[]> {
  const newest = new Map<string, Counted>();
  for (const start of counted) {
    const replaces = start.workflow.concurrency?.overlap === 'cancelRunning' && places.get(start)?.kind === 'queue';
    if (replaces) newest.set(slotKeyText(keyOf(start)), start);
  }
  const replaced: (SlotRun & { readonly by: RunId })[] = [];
  for (const start of newest.values()) {
    const book = (await store.read([keyOf(start)])).get(slotKeyText(keyOf(start)));
    const all = [...(book?.held ?? []), ...(await store.waiting(keyOf(start)))];
    const tooMany = all.slice(0, Math.max(0, all.length - (start.workflow.concurrency?.limit ?? 1)));
    replaced.push(...tooMany.filter(({ run }) => run !== start.run).map((each) => ({ ...each, by: start.run })));
  }
  return replaced;
}
