import { MAX_HOPS, NO_ORIGIN, type Origin } from '@reprise/core';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { EventResult } from './start-request.js';

/** How many events were emitted by runs that led to this one; 0: nobody's run emitted it. */
export function hopsOf({ extensions }: TriggerEvent): number {
  const { reprisehop: hops } = extensions;
  return hops !== undefined && /^\d{1,9}$/.test(hops) ? Number(hops) : 0;
}

/** Where a run comes from that this event starts. */
export const originOf = (event: TriggerEvent): Origin => {
  const hops = hopsOf(event);
  return hops === 0 ? NO_ORIGIN : { ...NO_ORIGIN, hops };
};

/** Why an event starts and wakes nothing; null: it may. */
export function refuseHops(event: TriggerEvent): EventResult | null {
  const hops = hopsOf(event);
  if (hops <= MAX_HOPS) return null;
  const reason = `${hops} emitted events led to this one, more than ${MAX_HOPS}: workflows that start each other would never stop`;
  return { workflow: '*', kind: 'rejected', reason };
}
