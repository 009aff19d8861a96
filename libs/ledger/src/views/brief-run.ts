import type { Address, RunId, RunStatus, TaskStatus, VersionId } from '@reprise/core';

/** As much of a run as finding its tasks takes. */
export interface BriefRun {
  readonly id: RunId;
  readonly version: VersionId;
  readonly status: RunStatus;
  readonly scope: string;
}

export interface LocatedTask extends Address {
  readonly run: BriefRun;
  readonly status: TaskStatus;
}
