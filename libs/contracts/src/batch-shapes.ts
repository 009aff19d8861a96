import type { RunStatus } from '@reprise/core';
import type { Instant } from './http-shapes.js';

export type BatchAction = 'cancel' | 'retry' | 'rerun' | 'pause' | 'resume';

/** Something asked of many runs, and how far that has come. */
export interface BatchView {
  readonly id: string;
  readonly action: BatchAction;
  /** As runs are listed by; null: by this they are not chosen. */
  readonly filter: {
    readonly status: RunStatus | null;
    readonly workflow: string | null;
    readonly label: Readonly<Record<string, string>> | null;
    readonly since: Instant | null;
    readonly until: Instant | null;
    readonly q: string | null;
  };
  /** Runs of a second. */
  readonly rate: number;
  readonly state: 'running' | 'done' | 'cancelled';
  /** How many runs matched when it was asked for, and how many of them are still to come. */
  readonly matched: number;
  readonly left: number;
  /** Of so many it was asked. */
  readonly done: number;
  /** So many were not in a state for it. */
  readonly skipped: BatchCount;
  /** So many were, but it was refused. */
  readonly failed: BatchCount;
  readonly reason: string | null;
  readonly askedBy: string | null;
  readonly createdAt: Instant;
  readonly endedAt: Instant | null;
}

export interface BatchCount {
  readonly count: number;
  readonly reasons: Readonly<Record<string, number>>;
}
