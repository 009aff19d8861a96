import type { Address, At, TaskKey } from '../../address.js';
import type { AdmissionAnswer, AdmissionRequest, CallAnswer, Guards } from '../../admission/index.js';
import type { ClaimId, Fence, RunId } from '../../ids.js';
import type { Json, JsonText } from '../../json.js';
import type { Why } from '../../retry/index.js';
import type { ApprovalState, ApprovalWrite } from './approval.js';
import type { EffectWrite } from './effect-finding.js';
import type { EmittedEvent, EventMark, EventRequest, KeptEvents } from './kept-event.js';
import type { TaskNewsMessage } from './news.js';
import type { ParentTask } from './origin.js';
import type { TaskError } from './outcome.js';
import type { RunState } from './run-state.js';
import type { RunStatus } from './status.js';
import type { TaskState } from './task-state.js';

/** What of the ledger a decision may see. Whatever is absent is asked for with `Wants`, never assumed. */
export interface Loaded {
  readonly run: RunState;
  /** By `keyOf`; null: looked for, no such row. */
  readonly tasks: ReadonlyMap<TaskKey, TaskState | null>;
  /** Slices of a forEach list, by `sliceKey`. */
  readonly slices: ReadonlyMap<string, readonly Json[]>;
  /** All ended items of a list in order, by the list's key. */
  readonly items: ReadonlyMap<TaskKey, ItemResults>;
  /** Fetched large texts: `input` of the run under `'run'`, outputs under the task's key. */
  readonly texts: ReadonlyMap<string, JsonText>;
  /** Whether every row that has not ended is among `tasks`. */
  readonly open: boolean;
  /** Events kept for a wait that it has not seen yet, by the wait's key. */
  readonly events: ReadonlyMap<TaskKey, KeptEvents>;
  /** What became of a child run; null: there is no such run. */
  readonly children: ReadonlyMap<RunId, ChildState | null>;
  /** What people have decided, by the key of the approval task; null: there is no such approval. */
  readonly approvals: ReadonlyMap<TaskKey, ApprovalState | null>;
  /** Whether its limits let an attempt start, by `admissionKey`. One that may start now has started by having been asked for. */
  readonly admissions: ReadonlyMap<string, AdmissionAnswer>;
  /** Ended instances that have a compensation and no row of it yet, last ended first, a bounded number of them; null: not loaded. */
  readonly undoable: readonly TaskState[] | null;
  /** Whether this queued run holds the place it waited for; null: not loaded. */
  readonly slot: 'held' | 'waiting' | null;
}

export interface ChildState {
  readonly status: RunStatus;
  readonly output: JsonText | null;
  readonly error: TaskError | null;
}

export type ItemResults =
  | { readonly kind: 'results'; readonly results: readonly ItemResult[] }
  /** Together larger than a list's output may be. */
  | { readonly kind: 'too-large'; readonly bytes: number };

export interface ItemResult {
  readonly index: number;
  readonly status: string;
  readonly output: JsonText | null;
  readonly error: TaskError | null;
}

/** What a decision needs to see before it can be made. */
export interface Wants {
  readonly tasks: readonly Address[];
  readonly slices: readonly { readonly node: number; readonly at: At; readonly slice: number }[];
  readonly items: readonly Address[];
  readonly texts: readonly ('run' | TaskKey)[];
  readonly open: boolean;
  readonly events: readonly EventRequest[];
  readonly children: readonly RunId[];
  readonly approvals: readonly Address[];
  readonly admissions: readonly AdmissionRequest[];
  readonly undoable: boolean;
  readonly slot: boolean;
}

/** Nothing but the run's own row: what a decision begins with. */
export const nothingLoaded = (run: RunState): Loaded => ({
  run,
  tasks: new Map(),
  slices: new Map(),
  items: new Map(),
  texts: new Map(),
  open: false,
  events: new Map(),
  children: new Map(),
  approvals: new Map(),
  admissions: new Map(),
  undoable: null,
  slot: null,
});

/** Items of a list are fetched and started this many at a time. */
export const SLICE = 100;
export const sliceKey = (node: number, at: At, slice: number): string => `${node}:${at}/${slice}`;

/** The output of a list may be this many times as large as that of one task. */
export const LIST_FACTOR = 16;

export interface Limits {
  /** Bytes of JSON one rendered `with` or output may have. */
  readonly maxInputBytes: number;
  readonly maxOutputBytes: number;
  readonly maxItems: number;
  /** How long a ready attempt may go unclaimed before the watch looks whether its message was lost; default 10 s. */
  readonly overdueMs?: number;
}

export interface Moment {
  /** The database's clock, epoch milliseconds. */
  readonly now: number;
  /** Random numbers in [0, 1), one per input, drawn by the caller. */
  readonly units: readonly number[];
  readonly limits: Limits;
  /** Absent: who decides knows of none, and asks for none. */
  readonly guards?: Guards;
}

/** What must be sent once the decision is committed. */
export type Message =
  | { readonly kind: 'dispatch'; readonly task: TaskState }
  | { readonly kind: 'alarm'; readonly node: number; readonly at: At; readonly fence: Fence; readonly dueAt: number }
  /** More to do than one decision should: come back to this list. */
  | { readonly kind: 'again'; readonly node: number; readonly at: At; readonly fence: Fence }
  | {
      readonly kind: 'interrupt';
      readonly node: number;
      readonly at: At;
      readonly fence: Fence;
      readonly claim: ClaimId;
      readonly executor: string;
    }
  /** `emitted` must follow once the broker has confirmed it. */
  | { readonly kind: 'emit'; readonly node: number; readonly at: At; readonly fence: Fence; readonly event: EmittedEvent }
  /** The run that this instance waits for is to be started. */
  | { readonly kind: 'start-child'; readonly node: number; readonly at: At; readonly fence: Fence }
  /** The run that this instance waits for is asked to stop. */
  | { readonly kind: 'cancel-child'; readonly node: number; readonly at: At; readonly fence: Fence; readonly child: RunId }
  /** The task that waits for this run is told that it has ended. */
  | { readonly kind: 'tell-parent'; readonly parent: ParentTask }
  | TaskNewsMessage
  /** `count`: which pause of the run, for those that may be many. */
  | { readonly kind: 'announce'; readonly status: RunStatus | 'started' | 'resumed'; readonly count?: number };

/** An ended attempt worth keeping: every one but a success at the first try. */
export interface AttemptRecord {
  readonly node: number;
  readonly at: At;
  readonly attempt: number;
  readonly fence: Fence;
  /** `in_doubt`: nobody knows whether its work was done, and it may not be repeated blindly. */
  readonly outcome: 'failed' | 'timeout' | 'lost' | 'cancelled' | 'succeeded' | 'in_doubt';
  readonly executor: string | null;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number;
  readonly error: TaskError | null;
  /** Why this attempt was made; null: it was the first. */
  readonly why: Why | null;
  /** What was decided about the next one, and from what. */
  readonly verdict: Why | null;
}

/** What happened, for counters. */
export type Fact =
  | { readonly kind: 'attempt'; readonly node: number; readonly outcome: AttemptRecord['outcome']; readonly fromLedger: boolean }
  | { readonly kind: 'retry'; readonly node: number; readonly reason: string }
  | { readonly kind: 'late'; readonly latenessMs: number }
  | { readonly kind: 'parked'; readonly node: number }
  /** An attempt has ended that depends on something. `released`: which one it is, where the dependency's breaker had let it through. */
  | {
      readonly kind: 'call';
      readonly dependency: string;
      readonly answer: CallAnswer;
      readonly code: string | null;
      readonly isFirst: boolean;
      readonly released: string | null;
    }
  | { readonly kind: 'run-ended'; readonly status: RunStatus; readonly durationMs: number; readonly endedAt: number };

export type Applied = 'applied' | 'stale';

export interface Decision {
  readonly kind: 'decided';
  /** null: unchanged. */
  readonly run: RunState | null;
  /** New images of the rows that changed or are new. */
  readonly tasks: readonly TaskState[];
  readonly attempts: readonly AttemptRecord[];
  /** What is asked of people, and told them. */
  readonly approvals: readonly ApprovalWrite[];
  readonly effects: readonly EffectWrite[];
  readonly messages: readonly Message[];
  readonly facts: readonly Fact[];
  readonly marks: readonly EventMark[];
  /** One for each input. */
  readonly applied: readonly Applied[];
}

export type DecisionOrWants = Decision | { readonly kind: 'wants'; readonly wants: Wants };
