import type { Address, At } from '../../address.js';
import type { Fence, RunId, VersionId } from '../../ids.js';

/** Where a run comes from; written once. */
export interface Origin {
  /** The instant a schedule fired for, epoch milliseconds. */
  readonly scheduledFor: number | null;
  /** Who asked for it, as credentials tell. */
  readonly startedBy: string | null;
  /** How many emitted events lie between this run and one that nobody emitted. */
  readonly hops: number;
  /** How many parents stand above it. */
  readonly depth: number;
  /** The run at the top of its tree; null: itself. */
  readonly root: RunId | null;
  readonly parent: ParentTask | null;
  /** The run that it repeats; absent: none. */
  readonly rerunOf?: RunId;
  /** The trace that it belongs to; absent: none was made when it started. */
  readonly trace?: RunTrace;
}

/** Where a run stands in a distributed trace. Ids in lower-case hex, as W3C Trace Context has them. */
export interface RunTrace {
  readonly id: string;
  /** The span that the run's hangs under; null: it is the root of its trace. */
  readonly parent: string | null;
  /** Whether its spans are kept. Whoever takes part must agree, so it is decided once. */
  readonly sampled: boolean;
  /** `tracestate` as it came. */
  readonly state?: string;
  /** Spans that it follows from without hanging under them. */
  readonly links?: readonly { readonly trace: string; readonly span: string }[];
}

/** The task instance that awaits a child run. */
export interface ParentTask {
  readonly run: RunId;
  readonly version: VersionId;
  readonly node: number;
  readonly at: At;
  readonly fence: Fence;
}

export const NO_ORIGIN: Origin = { scheduledFor: null, startedBy: null, hops: 0, depth: 0, root: null, parent: null };

/** What a run does once its tasks have ended, and how often it was taken up again. */
export interface RunProgress {
  readonly phase: Phase | null;
  /** A compensation has begun: the run cannot be retried any more. */
  readonly compensated: boolean;
  /** How often `retry` has reopened it. */
  readonly reopened: number;
  /** When that was last, epoch milliseconds, and who asked for it. */
  readonly reopenedAt: number | null;
  readonly askedBy: string | null;
  /** How often it was paused. */
  readonly pauses: number;
}

/** `compensating`: this compensation is under way, and those that are next. `onFailure`: that sequence is, and no compensation starts any more. */
export type Phase =
  | { readonly kind: 'compensating'; readonly node: number; readonly at: At; readonly next: readonly Address[] }
  | { readonly kind: 'onFailure' };

export const NO_PROGRESS: RunProgress = {
  phase: null,
  compensated: false,
  reopened: 0,
  reopenedAt: null,
  askedBy: null,
  pauses: 0,
};
