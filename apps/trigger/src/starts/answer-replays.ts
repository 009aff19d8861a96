import { runKeyText, type StartStore } from '@reprise/ledger';
import { findAnonymous } from './admit-events.js';
import type { Plan } from './plan.js';
import type { StartRequest } from './start-request.js';
import { verdictOf } from './take-keys.js';

/**
 * What cannot start now may have started before its workflow changed, was archived, or asked for another input: sent again, it is answered
 * as a start that is known. Only what is refused is looked up.
 */
export async function answerReplays(
  store: StartStore,
  requests: readonly StartRequest[],
  plans: readonly Plan[],
): Promise<readonly Plan[]> {
  return answerAnonymous(store, requests, await answerKeyed(store, plans));
}

async function answerKeyed(store: StartStore, plans: readonly Plan[]): Promise<readonly Plan[]> {
  const claims = plans.flatMap((plan) => (plan.kind === 'refused' && plan.claim !== null ? [plan.claim] : []));
  if (claims.length === 0) return plans;
  const holders = await store.findKeys(claims);
  return plans.map((plan) => {
    const held = plan.kind === 'refused' && plan.claim !== null ? holders.get(runKeyText(plan.claim)) : undefined;
    if (plan.kind !== 'refused' || plan.claim === null || held === undefined) return plan;
    return { ...plan, answer: verdictOf(held, plan.claim.fingerprint) };
  });
}

/** A start by a message without an id is an event of its own: as one that was seen it goes on, with nothing more to start. */
async function answerAnonymous(
  store: StartStore,
  requests: readonly StartRequest[],
  plans: readonly Plan[],
): Promise<readonly Plan[]> {
  const answered = [...plans];
  for (const [index, plan] of plans.entries()) {
    const request = requests[index];
    if (plan.kind !== 'refused' || request?.kind !== 'event' || (await findAnonymous(store, request)) === null) continue;
    answered[index] = { kind: 'event', event: request.event, starts: [], results: [], keys: [] };
  }
  return answered;
}
