import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';
import { classifyError } from './ledger-error.js';

/** How long whoever uses the table may be held up by somebody who waits for all of it. */
const PATIENCE_MS = 100;
const PAUSE_MS = 250;

/**
 * A transaction that needs whole tables for a moment. Whoever waits for such a lock holds up all that come after: so it gives up soon, lets them
 * pass, and tries again. Throws what the last try has failed with.
 */
export async function withBriefLock<Result>(
  database: Database,
  tries: number,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  for (let round = 1; ; round += 1) {
    try {
      return await database.source.transaction(async (manager) => {
        await manager.query(`set local lock_timeout = ${PATIENCE_MS}`);
        return work(manager);
      });
    } catch (error) {
      if (classifyError(error) !== 'again' || round >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
