import type { AttemptTicket } from '@reprise/contracts';
import type { Outcome } from '@reprise/core';
import type { Claimed } from '@reprise/ledger';
import type { Logger } from '@reprise/service';

const TRACE_ID = { from: 3, to: 35 };

/** What every line about an attempt says of it. */
export function idsOf(ticket: AttemptTicket) {
  const { run, workflow, path: task, attempt, call, traceparent } = ticket;
  const trace = traceparent === undefined ? {} : { traceId: traceparent.slice(TRACE_ID.from, TRACE_ID.to) };
  return { run, workflow, task, attempt, call, ...trace };
}

export function logStart(logger: Logger, ticket: AttemptTicket, { fence, startedAt, queuedAt }: Claimed): void {
  if (!logger.enabled('debug')) return;
  logger.debug({ ...idsOf(ticket), fence, waitedMs: Math.max(0, Math.round(startedAt - queuedAt)) }, 'attempt begins');
}

/** null: only the ledger knows what has become of it. */
export function logEnd(logger: Logger, ticket: AttemptTicket, outcome: Outcome | null, tookMs: number): void {
  if (!logger.enabled('debug')) return;
  const code = outcome?.kind === 'failed' ? { code: outcome.error.code, reason: outcome.error.message } : {};
  const kind = outcome === null ? 'is for the ledger to judge' : outcome.kind;
  logger.debug({ ...idsOf(ticket), ...code, tookMs: Math.round(tookMs) }, `attempt ${kind}, says its executor`);
}
