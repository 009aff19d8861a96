import type { Address } from '../../address.js';
import type { Fence } from '../../ids.js';
import type { Json } from '../../json.js';

/** What people have said to an approval so far, as far as it matters. */
export type ApprovalState =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'decided';
      /** The answer that decided. */
      readonly last: ApprovalAnswer;
      /** Those who approved, oldest first. */
      readonly approvals: readonly ApprovalAnswer[];
    };

export interface ApprovalAnswer {
  readonly by: string;
  readonly decision: 'approved' | 'rejected';
  /** Epoch milliseconds. */
  readonly at: number;
  readonly form: Json;
  readonly comment: string | null;
}

/** What a decision asks of people, and tells them: written with it, in one transaction. */
export type ApprovalWrite = Address & { readonly fence: Fence } & (
    | (ApprovalRequest & { readonly kind: 'request' })
    /** So many reminders have come due by now; only the last is told. */
    | { readonly kind: 'remind'; readonly number: number }
    /** More people may decide. */
    | { readonly kind: 'escalate'; readonly to: readonly string[] }
    /** Nobody has decided in time. */
    | { readonly kind: 'expire'; readonly decision: 'approved' | 'rejected' | 'fail' }
    /** The task has ended without a decision: answers come too late. */
    | { readonly kind: 'close' }
  );

export interface ApprovalRequest {
  readonly subject: string;
  /** Names as they are compared; empty: anybody. */
  readonly assignees: readonly string[];
  /** JSON Schema of an answer's form. */
  readonly form: Json | null;
  /** null: nobody known. */
  readonly requester: string | null;
  /** The requester may not approve. */
  readonly fourEyes: boolean;
  readonly required: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number | null;
}
