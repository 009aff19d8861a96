import type { AttemptTicket } from '@reprise/contracts';
import type { Outcome } from '@reprise/core';
import type { Claimed, KeyVerdict } from '@reprise/ledger';

/** The ledger knows the answer already, or knows that there must be none. */
export function answeredByKey(ticket: AttemptTicket, claimed: Claimed, verdict: Exclude<KeyVerdict, { kind: 'owned' }>): Outcome {
  if (verdict.kind === 'answered') return { kind: 'succeeded', output: verdict.output, fromLedger: true };
  const owner = verdict.kind === 'conflict' ? ` by run ${verdict.owner}` : '';
  const message = `the idempotency key "${claimed.idempotencyKey}" of ${ticket.call} was used${owner} with another input`;
  const error = { code: 'IDEMPOTENCY_CONFLICT', message };
  return { kind: 'failed', error, retryable: false, retryAfterMs: null, happened: false };
}
