import type { AttemptTicket } from '@reprise/contracts';
import { EFFECTS, type Effect, type Guard, onceGuard } from '@reprise/core';
import type { HandlerDefinition } from './handler.js';

type Said = Pick<AttemptTicket, 'effect' | 'onInDoubt'>;

/** The stricter of what the document and the handler say: a document may tighten what a handler promises, never loosen it. */
export function effectOf(ticket: Said, handler: Pick<HandlerDefinition, 'effect'>): Effect {
  const said = ticket.effect ?? 'idempotent';
  return EFFECTS.indexOf(said) > EFFECTS.indexOf(handler.effect) ? said : handler.effect;
}

/** What the row of an attempt says while it runs: how it must be judged, should nobody hear how it ended. */
export function guardOf(ticket: Said, handler: Pick<HandlerDefinition, 'effect' | 'onInDoubt'>): Guard | null {
  return effectOf(ticket, handler) === 'once' ? onceGuard(ticket.onInDoubt ?? handler.onInDoubt ?? 'park') : null;
}
