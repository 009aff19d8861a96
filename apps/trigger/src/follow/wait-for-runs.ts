import type { RunId } from '@reprise/core';
import { type Database, RunViews, statement } from '@reprise/ledger';

/** How often runs that somebody waits for are looked at: one query for all of them. */
const EVERY_MS = 50;

/** Waits for runs to end, for callers who asked with `?wait`. */
export class WaitForRuns {
  private readonly waiting = new Map<RunId, Set<(ended: boolean) => void>>();
  private readonly views: RunViews;
  private looking = false;

  constructor(
    private readonly database: Database,
    signal: AbortSignal,
  ) {
    this.views = new RunViews(database);
    signal.addEventListener('abort', () => this.giveUp(), { once: true });
  }

  /** true: it has ended, or is gone. false: the time is up, or the service is stopping. */
  async ended(run: RunId, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiters = this.waiting.get(run) ?? new Set();
      const done = (ended: boolean): void => {
        clearTimeout(timer);
        waiters.delete(done);
        if (waiters.size === 0) this.waiting.delete(run);
        resolve(ended);
      };
      const timer = setTimeout(() => done(false), timeoutMs);
      waiters.add(done);
      this.waiting.set(run, waiters);
      if (!this.looking) void this.look();
    });
  }

  /** What a caller who waited is given: of a run that has ended all of it, of one that goes on how it stands. null: it is gone. */
  async read(run: RunId, ended: boolean): Promise<object | null> {
    return ended ? this.views.find(run) : this.standing(run);
  }

  private async standing(run: RunId): Promise<object | null> {
    type Shown = { id: RunId; workflow: string; status: string; output: string | null; error: string | null };
    const rows = await this.database.run<Shown>(statement('read-open-run'), [run]);
    const [row] = rows;
    if (row === undefined) return null;
    return {
      ...row,
      output: row.output === null ? null : JSON.parse(row.output),
      error: row.error === null ? null : JSON.parse(row.error),
    };
  }

  private async look(): Promise<void> {
    this.looking = true;
    while (this.waiting.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      const rows = await this.database
        .run<{ id: RunId }>(statement('find-ended-runs'), [[...this.waiting.keys()]])
        .catch(() => []);
      for (const { id } of rows) for (const done of [...(this.waiting.get(id) ?? [])]) done(true);
    }
    this.looking = false;
  }

  private giveUp(): void {
    for (const waiters of [...this.waiting.values()]) for (const done of [...waiters]) done(false);
  }
}
