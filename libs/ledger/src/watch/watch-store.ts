import type { Fence, RunId, VersionId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';

/** How far a lane of a task queue has been read; what the watch needs to tell a long queue from a lost message. */
export interface QueueReading {
  readonly queue: string;
  /** `queuedAt` of the newest attempt an executor received from it; null: none yet. */
  readonly readUntil: number | null;
  readonly empty: boolean;
}

export interface DueTask {
  readonly run: RunId;
  readonly version: VersionId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
  /** For counters: what the watch found. */
  readonly reason: 'lease' | 'ticket' | 'outcome' | 'timer';
}

export interface DueRun {
  readonly run: RunId;
  readonly version: VersionId;
  readonly reason: 'overdue' | 'unannounced' | 'command';
}

/** The reconciler's scans. They report facts and arm the rows again; what the facts mean is the scheduler's to say. */
export class WatchStore {
  constructor(private readonly database: Database) {}

  async dueTasks(
    limit: number,
    queues: readonly QueueReading[],
  ): Promise<{ readonly due: readonly DueTask[]; readonly scanned: number }> {
    type DueRow = {
      run_id: RunId;
      version: VersionId;
      node: number;
      at: string;
      fence: Fence;
      status: string;
      is_claimed: boolean;
      has_outcome: boolean;
      verdict: string;
    };
    const rows = await this.database.run<DueRow>(statement('scan-tasks'), [
      limit,
      queues.map((each) => each.queue),
      queues.map((each) => each.readUntil),
      queues.map((each) => each.empty),
    ]);
    const due = rows
      .filter((row) => row.verdict === 'report')
      .map((row) => ({
        run: row.run_id,
        version: row.version,
        node: row.node,
        at: row.at,
        fence: row.fence,
        reason: reasonOf(row),
      }));
    return { due, scanned: rows.length };
  }

  async dueRuns(limit: number): Promise<readonly DueRun[]> {
    const rows = await this.database.run<{ run_id: RunId; version: VersionId; reason: DueRun['reason'] }>(
      statement('scan-runs'),
      [limit],
    );
    return rows.map((row) => ({ run: row.run_id, version: row.version, reason: row.reason }));
  }
}

/** Lists run too, without a claim: what has become due there is the next batch of items. */
function reasonOf(row: {
  readonly status: string;
  readonly is_claimed: boolean;
  readonly has_outcome: boolean;
}): DueTask['reason'] {
  if (row.status === 'ready') return 'ticket';
  if (!row.is_claimed) return 'timer';
  return row.has_outcome ? 'outcome' : 'lease';
}
