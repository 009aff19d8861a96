import { runKeyText, type StartStore } from '@reprise/ledger';
import type { Plan } from './plan.js';
import { verdictOf } from './take-keys.js';

/**
 * What cannot start now may have started under its key before its workflow changed, was archived, or asked for another input: sent again,
 * it is answered as a start that is known. Only what is refused is looked up.
 */
export async function answerReplays(store: StartStore, plans: readonly Plan[]): Promise<readonly Plan[]> {
  const claims = plans.flatMap((plan) => (plan.kind === 'refused' && plan.claim !== null ? [plan.claim] : []));
  if (claims.length === 0) return plans;
  const holders = await store.findKeys(claims);
  return plans.map((plan) => {
    const held = plan.kind === 'refused' && plan.claim !== null ? holders.get(runKeyText(plan.claim)) : undefined;
    if (plan.kind !== 'refused' || plan.claim === null || held === undefined) return plan;
    return { ...plan, answer: verdictOf(held, plan.claim.fingerprint) };
  });
}
