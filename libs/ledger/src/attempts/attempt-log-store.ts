import type { AttemptLogView, LogLine } from '@reprise/contracts';
import { type Fence, parsePath, type RunId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { WorkflowCache } from '../definitions/workflow-cache.js';
import { WorkflowStore } from '../definitions/workflow-store.js';
import type { RunAddress } from '../runs/run-address.js';
import { RunViews } from '../views/run-views.js';

/** What an attempt has written since its last part. */
export interface LogPart extends RunAddress {
  readonly attempt: number;
  readonly fence: Fence;
  /** From 0. */
  readonly part: number;
  readonly lines: readonly LogLine[];
  /** How many lines were left out before these. */
  readonly skipped: number;
}

/** What attempts have written. Best effort: nothing depends on it. */
export class AttemptLogStore {
  private readonly runs: RunViews;
  private readonly workflows: WorkflowCache;

  constructor(private readonly database: Database) {
    this.runs = new RunViews(database);
    this.workflows = new WorkflowCache(new WorkflowStore(database));
  }

  /** In one statement. The same part again changes nothing. */
  async write(parts: readonly LogPart[]): Promise<void> {
    if (parts.length === 0) return;
    await this.database.run(statement('insert-attempt-logs'), [
      parts.map(({ run }) => run),
      parts.map(({ node }) => node),
      parts.map(({ at }) => at),
      parts.map(({ attempt }) => attempt),
      parts.map(({ fence }) => fence),
      parts.map(({ part }) => part),
      parts.map(({ lines }) => JSON.stringify(lines)),
      parts.map(({ skipped }) => skipped),
    ]);
  }

  /** null: there is no such attempt. */
  async find(run: RunId, task: string, attempt: number): Promise<AttemptLogView | null> {
    const brief = await this.runs.brief(run);
    const workflow = brief === null ? null : await this.workflows.get(brief.version);
    const address = workflow === null ? null : parsePath(workflow, task);
    if (address === null) return null;
    const values = [run, address.node, address.at, attempt];
    const rows = await this.database.run<{ lines: string | null; skipped: number }>(statement('view-attempt-log'), values);
    if (rows.length === 0) return null;
    const items = rows.flatMap(({ lines, skipped }) =>
      (JSON.parse(lines ?? '[]') as LogLine[]).map((line, index) => ({ ...line, skipped: index === 0 ? skipped : 0 })),
    );
    const truncated = items.some(({ cut, skipped }) => cut || skipped > 0);
    return { run, task, attempt, items, next: null, truncated };
  }
}
