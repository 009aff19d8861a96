import { encodeAttempts } from './attempt-message.js';
import type { Outgoing } from './outgoing.js';

/** Whether attempts of this call, on this lane, may share a message. */
export type MayShare = (lane: string, call: string) => boolean;

/** Attempts of one message. */
const PACK = 16;
/** Messages that what is told at once keeps in each lane: several executors get their part of it. */
const SPREAD = 4;

/**
 * Attempts that are told at once share messages, where there are many and their calls are quick: a broker costs by the message. One with
 * headers of its own travels alone.
 */
export function packAttempts(outgoing: readonly Outgoing[], mayShare: MayShare): readonly Outgoing[] {
  const byLane = new Map<string, Outgoing[]>();
  for (const message of outgoing) {
    const { routingKey, headers, tickets = [] } = message;
    const [ticket] = tickets;
    if (ticket === undefined || tickets.length > 1 || headers !== undefined || !mayShare(routingKey, ticket.call)) continue;
    const sharing = byLane.get(routingKey);
    if (sharing === undefined) byLane.set(routingKey, [message]);
    else sharing.push(message);
  }
  const packs = new Map<Outgoing, Outgoing | null>();
  for (const messages of byLane.values()) {
    const size = Math.min(PACK, Math.floor(messages.length / SPREAD));
    if (size < 2) continue;
    for (let at = 0; at < messages.length; at += size) {
      const [first, ...others] = messages.slice(at, at + size);
      if (first === undefined) continue;
      packs.set(first, packOf(first, others));
      for (const other of others) packs.set(other, null);
    }
  }
  if (packs.size === 0) return outgoing;
  return outgoing.flatMap((message) => {
    const pack = packs.get(message);
    return pack === null ? [] : [pack ?? message];
  });
}

function packOf(first: Outgoing, others: readonly Outgoing[]): Outgoing {
  const tickets = [first, ...others].flatMap((message) => message.tickets ?? []);
  const body = encodeAttempts(tickets);
  const { otherwise } = first;
  return { ...first, body, tickets, ...(otherwise === undefined ? {} : { otherwise: { ...otherwise, body, tickets } }) };
}
