import type { RunId } from '../../ids.js';
import type { Origin, RunProgress } from './origin.js';
import type { TaskError } from './outcome.js';
import type { RunStatus } from './status.js';
import type { ScopeProgress, Stored } from './task-state.js';

/** One run as the ledger holds it. Instants are epoch milliseconds of the database's clock. */
export interface RunState {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly scope: ScopeProgress;
  readonly input: Stored;
  readonly output: Stored;
  readonly error: TaskError | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** End of the run's `timeout`. */
  readonly dueAt: number | null;
  readonly watchAt: number | null;
  readonly origin: Origin;
  readonly progress: RunProgress;
}
