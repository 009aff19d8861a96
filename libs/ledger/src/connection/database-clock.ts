import type { Database } from './database.js';
import type { Session } from './session.js';
import { statement } from './statement.js';

/** The best sample of each such window counts until the next one ends; clocks drift apart by less than a millisecond in that time. */
const WINDOW_MS = 10_000;

/**
 * The database's clock without a round trip: a monotonic clock of this process plus an offset.
 * Every answer that bears the database's time is a sample, late by its way back; the largest offset of the last seconds is therefore
 * the truest, and never ahead. Good for choosing when to act, never for comparing leases: that is done in SQL.
 */
export class DatabaseClock {
  /** Best offsets of this window and of the one before: a late first sample of a new window must not set the clock back. */
  private bestMs = Number.NEGATIVE_INFINITY;
  private formerMs = Number.NEGATIVE_INFINITY;
  private windowFromMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly database: Database,
    private readonly monotonicMs: () => number,
  ) {}

  /** From then on it is not behind what this session has seen: whatever was committed before has an earlier stamp. */
  async sample(session: Pick<Session, 'run'> = this.database): Promise<void> {
    const rows = await session.run<{ now: number }>(statement('database-now'), []);
    const now = rows[0]?.now;
    if (now !== undefined) this.observe(now);
  }

  /** Feeds an instant the database has just told. */
  observe(now: number): void {
    const local = this.monotonicMs();
    const age = local - this.windowFromMs;
    if (age >= WINDOW_MS) {
      this.formerMs = age < 2 * WINDOW_MS ? this.bestMs : Number.NEGATIVE_INFINITY;
      this.bestMs = Number.NEGATIVE_INFINITY;
      this.windowFromMs = local;
    }
    this.bestMs = Math.max(this.bestMs, now - local);
  }

  /** Epoch milliseconds. Throws before the first sample. */
  now(): number {
    const offsetMs = Math.max(this.bestMs, this.formerMs);
    if (offsetMs === Number.NEGATIVE_INFINITY) throw new Error('the database clock has not been sampled yet');
    return this.monotonicMs() + offsetMs;
  }
}
