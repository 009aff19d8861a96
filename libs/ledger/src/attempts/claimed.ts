import type { ClaimId, JsonText } from '@reprise/core';
import type { Ticket } from '../runs/ticket.js';

/** An attempt that is ours until the lease ends; `fence` is the new one. */
export interface Claimed extends Ticket {
  readonly claim: ClaimId;
  readonly input: JsonText;
  readonly secrets: JsonText | null;
  readonly idempotencyKey: string | null;
  readonly queuedAt: number;
  readonly totalUntil: number | null;
  /** The database's clock at the claim: the attempt's start. */
  readonly startedAt: number;
}
