import type { Fence, RunId, VersionId } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { RunAddress } from './run-address.js';

/** Somebody has something to tell this instance. Under another fence than its row's it is told nothing. */
export interface Notice extends RunAddress {
  readonly version: VersionId;
  readonly fence: Fence;
}

/** The node of a notice that is for the run itself. */
export const NOTICE_TO_RUN = -1;

/**
 * Notices between transactions: the teller writes one in its own, the run removes it in the one in which it looks. A message that follows
 * is only faster, so it may get lost.
 */
export class NoticeStore {
  constructor(private readonly session: Session) {}

  async insert(notices: readonly Notice[]): Promise<void> {
    if (notices.length === 0) return;
    await this.session.write(statement('insert-notices'), [
      notices.map((notice) => notice.run),
      notices.map((notice) => notice.version),
      notices.map((notice) => notice.node),
      notices.map((notice) => notice.at),
      notices.map((notice) => notice.fence),
    ]);
  }

  /** Call it under the runs' locks and before anything is read that a notice may be about. */
  async remove(looked: readonly (RunAddress & { readonly fence: number })[]): Promise<void> {
    if (looked.length === 0) return;
    await this.session.write(statement('delete-notices'), [
      looked.map((each) => each.run),
      looked.map((each) => each.node),
      looked.map((each) => each.at),
      looked.map((each) => each.fence),
    ]);
  }

  /** Those whose run has not looked within 5 s. `scanned`: how many rows that took. */
  async due(limit: number): Promise<{ readonly due: readonly Notice[]; readonly scanned: number }> {
    type NoticeRow = { run_id: RunId; version: VersionId; node: number; at: string; fence: Fence; is_over: boolean };
    const rows = await this.session.run<NoticeRow>(statement('scan-notices'), [limit]);
    const due = rows.flatMap((row) =>
      row.is_over ? [] : [{ run: row.run_id, version: row.version, node: row.node, at: row.at, fence: row.fence }],
    );
    return { due, scanned: rows.length };
  }
}
