import { EFFECTS, type Effect, type OnInDoubt } from '../../workflow/workflow.js';
import { type Guard, onceGuard } from '../state/guard.js';

/** What a document says of a call's effect; absent or null: nothing. */
export interface SaidEffect {
  readonly effect?: Effect | null;
  readonly onInDoubt?: OnInDoubt | null;
}

/** What the code behind a call says of itself. */
export interface PromisedEffect {
  readonly effect: Effect;
  readonly onInDoubt?: OnInDoubt | null;
}

/** The stricter of what the document and the handler say: a document may tighten what a handler promises, never loosen it. */
export function effectOf(said: SaidEffect, handler: Pick<PromisedEffect, 'effect'>): Effect {
  const effect = said.effect ?? 'idempotent';
  return EFFECTS.indexOf(effect) > EFFECTS.indexOf(handler.effect) ? effect : handler.effect;
}

/** What the row of an attempt says while it runs: how it must be judged, should nobody hear how it ended. */
export function guardOf(said: SaidEffect, handler: PromisedEffect): Guard | null {
  return effectOf(said, handler) === 'once' ? onceGuard(said.onInDoubt ?? handler.onInDoubt ?? 'park') : null;
}
