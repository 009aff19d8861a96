import type { Outgoing } from '@reprise/contracts';
import type { Decision, RunState, VersionId, Workflow } from '@reprise/core';

/** A decision that is committed, with what must be told. */
export interface Advanced {
  readonly run: RunState;
  readonly version: VersionId;
  readonly workflow: Workflow;
  /** When it was decided, epoch milliseconds. */
  readonly now: number;
  readonly decision: Decision;
  readonly outgoing: readonly Outgoing[];
  /** Outcomes of attempts that had been replaced. */
  readonly staleOutcomes: number;
}
