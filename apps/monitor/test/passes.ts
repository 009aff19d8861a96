import { RetentionStore } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import type { TestDatabase } from '@reprise/testing';
import { DeleteEnded } from '../src/watch/delete-ended.js';
import { RetentionPass, type RetentionPolicy } from '../src/watch/retention-pass.js';

export const DAY_MS = 24 * 3_600_000;
const POLICY: RetentionPolicy = { runsMs: 10 * DAY_MS, mostRuns: null, probesMs: DAY_MS, keysMs: 7 * DAY_MS };

export const passOf = ({ database }: TestDatabase, policy: Partial<RetentionPolicy> = {}): RetentionPass =>
  new RetentionPass({
    database,
    store: new RetentionStore(database),
    deleteEnded: new DeleteEnded(database, systemClock),
    policy: { ...POLICY, ...policy },
  });

/** A whole pass, without rests; what it has deleted, by kind. */
export async function runPass(db: TestDatabase, policy: Partial<RetentionPolicy> = {}): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  for await (const { kind, count } of passOf(db, policy).steps()) {
    if (count > 0) deleted[kind] = (deleted[kind] ?? 0) + count;
  }
  return deleted;
}
