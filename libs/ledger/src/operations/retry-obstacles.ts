import type { RunId, RunStatus } from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Row } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** Why a run cannot be taken up again. */
export type RetryObstacle =
  | { readonly kind: 'not-failed'; readonly status: RunStatus }
  /** What it had done is undone, or being undone. */
  | { readonly kind: 'compensated' }
  /** The run that started it has seen its failure, and gone on. */
  | { readonly kind: 'parent'; readonly parent: RunId };

interface ObstacleRow extends Row {
  readonly status: RunStatus;
  readonly parent_id: RunId | null;
  readonly compensated: boolean;
  readonly awaited: boolean;
}

/** Looks at what stands in the way of a retry. Under no lock: the scheduler decides about the run, and a parent that looks later sees it run. */
export class RetryObstacles {
  constructor(private readonly database: Database) {}

  /** null: none, or no such run. */
  async find(run: RunId): Promise<RetryObstacle | null> {
    const [row] = await this.database.run<ObstacleRow>(statement('find-retry-obstacle'), [run]);
    if (row === undefined) return null;
    if (row.status !== 'failed') return { kind: 'not-failed', status: row.status };
    if (row.compensated) return { kind: 'compensated' };
    return row.awaited || row.parent_id === null ? null : { kind: 'parent', parent: row.parent_id };
  }
}
