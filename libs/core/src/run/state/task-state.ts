import type { At } from '../../address.js';
import type { ClaimId, Fence, RunId } from '../../ids.js';
import type { Json, JsonText } from '../../json.js';
import type { RetryMemory, Why } from '../../retry/index.js';
import type { Guard } from './guard.js';
import type { Outcome, TaskError } from './outcome.js';
import type { Closing } from './scope.js';
import type { TaskStatus } from './status.js';

/** Text that may be too large to come with the row: it is fetched when an expression names it. */
export type Stored = JsonText | 'stored' | null;

/** One task instance as the ledger holds it. Instants are epoch milliseconds of the database's clock. */
export interface TaskState {
  readonly node: number;
  readonly at: At;
  readonly status: TaskStatus;
  /** Number of the current (or last) attempt, from 1; 0 for what is never attempted (groups, lists, sleeps). */
  readonly attempt: number;
  readonly fence: Fence;
  readonly claim: ClaimId | null;
  readonly executor: string | null;
  /** Task queue and lane that the current attempt waits or waited in, as they are routed to: `payments`, `payments.retry`. */
  readonly queue: string | null;
  readonly createdAt: number;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly leaseUntil: number | null;
  /** When a retry, a sleep ends. */
  readonly dueAt: number | null;
  /** When the watch must look at this row at the latest; null: never. A lower bound. */
  readonly watchAt: number | null;
  /** An attempt not claimed by then fails with TIMEOUT (queue). */
  readonly queueUntil: number | null;
  /** The end of its total time: no attempt starts after it or runs past it, what a group or a child run does is stopped. TIMEOUT (total). */
  readonly totalUntil: number | null;
  /** Asked to stop; the attempt keeps its fence until it answers or its lease ends. */
  readonly cancelling: boolean;
  /** What the handler gets; for a forEach list: the list itself. */
  readonly input: Stored;
  readonly secrets: JsonText | null;
  readonly output: Stored;
  readonly error: TaskError | null;
  /** Why the current attempt was made. */
  readonly why: Why | null;
  readonly memory: RetryMemory | null;
  readonly guard: Guard | null;
  readonly progress: Progress | null;
  /** Rendered business idempotency key. */
  readonly idempotencyKey: string | null;
  /** Outcome the executor wrote into the row itself, not yet acted on. */
  readonly recorded: Outcome | null;
}

/** How far a group (`scope`) or a list of items (`list`) has come. */
export type Progress =
  | ScopeProgress
  | ListProgress
  | RoundsProgress
  | WaitProgress
  | EmitProgress
  | ChildProgress
  | ApprovalProgress;

/** Rounds of a `repeat`, attempts of a group with `retry`: one after the other, from 1. */
export interface RoundsProgress {
  readonly kind: 'rounds';
  /** The round that runs or ran last; 0: none yet. */
  readonly round: number;
  /** The next one is to be started: at once, or when the row's wait is over. */
  readonly due: boolean;
  /** Rounds before an operator had it taken up again: `maximum` counts from there. */
  readonly from: number;
  readonly closing: Closing | null;
}

/** What a `waitFor` waits for and has taken so far (whole events, as JSON). */
export interface WaitProgress {
  readonly kind: 'wait';
  readonly key: string;
  readonly since: number;
  readonly taken: readonly Json[];
  /** How many events did not count, and why the last of them did not. */
  readonly refused: number;
  readonly problem: string | null;
}

/** An event as it is published until the broker has confirmed it. */
export interface EmitProgress {
  readonly kind: 'emit';
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339. */
  readonly time: string;
  readonly data: Json;
}

/** What a child run was asked to be. */
export interface ChildProgress {
  readonly kind: 'child';
  readonly run: RunId;
  readonly workflow: string;
  /** When it was first asked for. */
  readonly since: number;
  /** It was asked to stop because its time was over. */
  readonly timedOut?: true;
}

/** How often people have been reminded, and whom else to ask. */
export interface ApprovalProgress {
  readonly kind: 'approval';
  /** When people were asked: reminders, escalation and end are counted from there. */
  readonly askedAt: number;
  readonly reminders: number;
  readonly times: ApprovalTimes;
  /** Who may decide too once it is escalated; null: it has been, or never is. */
  readonly escalateTo: readonly string[] | null;
}

/** Milliseconds since people were asked, as the document said when they were; null: never. */
export interface ApprovalTimes {
  readonly remindMs: number | null;
  /** After the first reminder. */
  readonly everyMs: number | null;
  readonly escalateMs: number | null;
  readonly expireMs: number | null;
}

export interface ScopeProgress {
  readonly kind: 'scope';
  readonly states: string;
  readonly closing: Closing | null;
  readonly error: TaskError | null;
}

export interface ListProgress {
  readonly kind: 'list';
  readonly total: number;
  /** Index of the next item to start. */
  readonly next: number;
  readonly done: number;
  readonly failed: number;
  /** Items that had not succeeded when the run was taken up again and have yet to be started again. Absent: none. */
  readonly redo?: readonly number[];
  readonly closing: Closing | null;
  readonly error: TaskError | null;
}
