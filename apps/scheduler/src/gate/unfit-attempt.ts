import { type CallWork, type Effect, effectOf, type Outcome } from '@reprise/core';
import type { Claimed } from '@reprise/ledger';

type Failure = Extract<Outcome, { readonly kind: 'failed' }>;

/** Why a worker that speaks only AMQP cannot make this attempt; null: it can. */
export function unfitFor(work: CallWork, claimed: Pick<Claimed, 'secrets'>, said: Effect | undefined): Failure | null {
  if (claimed.secrets !== null)
    return failure(
      'INVALID_INPUT',
      `\`with\` of ${work.call} reads secrets, and those never leave Reprise’s own executors: host it there, or give the worker its secrets itself`,
    );
  if (effectOf(work, { effect: said ?? 'idempotent' }) === 'transactional')
    return failure(
      'NOT_TRANSACTIONAL',
      `the task says \`effect: transactional\`, but ${work.call} is hosted by a worker over AMQP, which cannot write into the ledger’s transaction`,
    );
  return null;
}

const failure = (code: string, message: string): Failure => ({
  kind: 'failed',
  error: { code, message },
  retryable: false,
  retryAfterMs: null,
  happened: false,
});
