import type { Outgoing } from '@reprise/contracts';
import type { Decision, RunState, TaskKey, TaskState, VersionId, Workflow } from '@reprise/core';

/** A decision that is committed, with what must be told. */
export interface Advanced {
  readonly run: RunState;
  readonly version: VersionId;
  readonly workflow: Workflow;
  /** When it was decided, epoch milliseconds. */
  readonly now: number;
  readonly decision: Decision;
  readonly outgoing: readonly Outgoing[];
  /** Outcomes that changed nothing: one that was delivered before may be its own double, any other is of an attempt that was replaced. */
  readonly staleOutcomes: readonly { readonly redelivered: boolean }[];
  /** Somebody may have decided the same before and died before it was told. */
  readonly again: boolean;
  /** Rows as they were, as far as they were loaded beforehand; null: there was none. */
  readonly before: ReadonlyMap<TaskKey, TaskState | null>;
}
