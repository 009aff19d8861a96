import type { Fence, Guard, RunId } from '@reprise/core';
import type { RunAddress } from './run-address.js';

export interface Ticket extends RunAddress {
  readonly fence: Fence;
  /** What the row is to say of the attempt's work; absent: it may run again. */
  readonly guard?: Guard | null;
}

export const columns = (tickets: readonly Ticket[]): readonly [RunId[], number[], string[], Fence[]] => [
  tickets.map((ticket) => ticket.run),
  tickets.map((ticket) => ticket.node),
  tickets.map((ticket) => ticket.at),
  tickets.map((ticket) => ticket.fence),
];

/** By key, so that two executors with overlapping batches wait for each other instead of deadlocking. */
export const byKey = (a: RunAddress, b: RunAddress): number => {
  if (a.run !== b.run) return a.run < b.run ? -1 : 1;
  if (a.node !== b.node) return a.node - b.node;
  return a.at === b.at ? 0 : a.at < b.at ? -1 : 1;
};

/** In key order, none twice: the broker may deliver a ticket again into the same batch. */
export function inOrder<Each extends Ticket>(tickets: readonly Each[]): readonly Each[] {
  const sorted = [...tickets].sort((a, b) => byKey(a, b) || a.fence - b.fence);
  return sorted.filter((each, index) => {
    const before = sorted[index - 1];
    return before === undefined || byKey(before, each) !== 0 || before.fence !== each.fence;
  });
}
