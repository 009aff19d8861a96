import type { Json } from '@reprise/core';
import type { Instant } from './http-shapes.js';

/** What people are asked, and what they have said. */
export interface ApprovalView {
  readonly id: string;
  readonly run: string;
  readonly workflow: string;
  /** Path of the task. */
  readonly task: string;
  readonly subject: string;
  /** `expired`: nobody decided in time. `closed`: the task ended without a decision. */
  readonly state: 'open' | 'decided' | 'expired' | 'closed';
  /** Who may decide, in lower case; empty: anybody. */
  readonly assignees: readonly string[];
  /** How many must approve; one rejection decides. */
  readonly required: number;
  readonly requester: string | null;
  /** The requester may not approve. */
  readonly fourEyes: boolean;
  /** JSON Schema of an answer's `form`; null: anything. */
  readonly form: Json;
  readonly decision: 'approved' | 'rejected' | null;
  readonly decidedBy: string | null;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant | null;
  readonly endedAt: Instant | null;
  /** Oldest first. */
  readonly answers: readonly ApprovalAnswerView[];
}

export interface ApprovalAnswerView {
  readonly by: string;
  readonly decision: 'approved' | 'rejected';
  readonly at: Instant;
  readonly form: Json;
  readonly comment: string | null;
}
