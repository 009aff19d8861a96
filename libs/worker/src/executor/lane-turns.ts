import type { Lane } from '@reprise/core';

/** Shares of the slots of an executor while several lanes have work waiting; what is idle leaves its share to the others. */
export const LANE_WEIGHTS: Readonly<Record<Lane, number>> = { high: 8, normal: 4, retry: 2, low: 1 };

/** One lane of one queue. */
export interface Flow {
  readonly key: string;
  readonly weight: number;
}

/** Virtual time: it passes for a flow as it is given slots, the slower the higher its weight. */
export interface Turns {
  /** When the last turn began. */
  readonly clock: number;
  /** When the last turn of each flow was over. */
  readonly over: ReadonlyMap<string, number>;
}

export const NO_TURNS: Turns = { clock: 0, over: new Map() };

/** When a flow's next turn begins. Who was away begins now: to have had nothing to do earns nothing. */
const beginsAt = ({ clock, over }: Turns, { key }: Flow): number => Math.max(clock, over.get(key) ?? 0);

/**
 * Whose turn it is: the one that begins first; of several the heaviest, of those the one that stands first. Start-time fair queueing
 * (Goyal, Vin, Cheng 1996): who waits gets its share of the slots, and is never passed over for ever.
 */
export function nextTurn<Waiting extends Flow>(turns: Turns, waiting: readonly [Waiting, ...Waiting[]]): Waiting {
  return waiting.reduce((best, each) => {
    const lead = beginsAt(turns, best) - beginsAt(turns, each);
    return lead > 0 || (lead === 0 && each.weight > best.weight) ? each : best;
  });
}

/** `flow` has been given so many slots. */
export function afterTurn(turns: Turns, flow: Flow, slots: number): Turns {
  const clock = beginsAt(turns, flow);
  return { clock, over: new Map(turns.over).set(flow.key, clock + slots / flow.weight) };
}
