import type { RunId } from '@reprise/core';
import { type Database, deleteRuns, lockEndedRuns, RetentionStore } from '@reprise/ledger';
import { type Clock, faultPoint } from '@reprise/service';

/** What one transaction deletes: in runs, and in their tasks, of which a run may have a million. */
const LEAST_RUNS = 20;
const MOST_RUNS = 2_000;
const MOST_TASKS = 10_000;
/** Larger while a transaction takes less than this, smaller when it takes three times as long. */
const SHORT_MS = 150;

/** Deletes ended runs, so many at a time as take a fraction of a second here and now. */
export class DeleteEnded {
  private runs = 200;
  private readonly store: RetentionStore;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.store = new RetentionStore(database);
  }

  /** How many runs to look at for the next portion. */
  get portion(): number {
    return this.runs;
  }

  /** Of these, those that may go, and the child runs that they leave behind; what is yielded is how many have gone with each commit. */
  async *delete(candidates: readonly RunId[], endedBefore: number): AsyncGenerator<number> {
    let runs = candidates;
    while (runs.length > 0) {
      const gone: RunId[] = [];
      for (const portion of await this.store.portions(runs, MOST_TASKS)) {
        const deleted = await this.deletePortion(portion, endedBefore);
        gone.push(...deleted);
        yield deleted.length;
      }
      runs = await this.store.orphansOf(gone);
    }
  }

  private async deletePortion(runs: readonly RunId[], endedBefore: number): Promise<readonly RunId[]> {
    const started = this.clock.monotonicMs();
    const deleted = await this.database.transaction(async (session) => {
      const locked = await lockEndedRuns(session, runs, endedBefore);
      if (locked.length === 0) return locked;
      await deleteRuns(session, locked);
      await faultPoint('retention.before-commit');
      return locked;
    });
    if (deleted.length > 0) await faultPoint('retention.after-commit');
    const tookMs = this.clock.monotonicMs() - started;
    if (tookMs < SHORT_MS && runs.length >= this.runs / 2) this.runs = Math.min(MOST_RUNS, this.runs * 2);
    if (tookMs > 3 * SHORT_MS) this.runs = Math.max(LEAST_RUNS, Math.floor(this.runs / 2));
    return deleted;
  }
}
