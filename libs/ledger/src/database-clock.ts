import type { Database } from './database.js';
import { statement } from './statement.js';

/** How long the best sample counts; clocks drift apart by less than a millisecond in that time. */
const SAMPLE_LIFE_MS = 10_000;

/**
 * The database's clock without a round trip: a monotonic clock of this process plus an offset.
 * Every answer that bears the database's time is a sample, late by its way back; the largest offset of the last seconds is therefore
 * the truest, and never ahead. Good for choosing when to act, never for comparing leases: that is done in SQL.
 */
export class DatabaseClock {
  private offsetMs: number | null = null;
  private sampledAtMs = 0;

  constructor(
    private readonly database: Database,
    private readonly monotonicMs: () => number,
  ) {}

  async sample(): Promise<void> {
    const rows = await this.database.run<{ now: number }>(statement('database-now'), []);
    const now = rows[0]?.now;
    if (now !== undefined) this.observe(now);
  }

  /** Feeds an instant the database has just told. */
  observe(now: number): void {
    const local = this.monotonicMs();
    const offset = now - local;
    if (this.offsetMs !== null && offset <= this.offsetMs && local - this.sampledAtMs < SAMPLE_LIFE_MS) return;
    this.offsetMs = offset;
    this.sampledAtMs = local;
  }

  /** Epoch milliseconds. Throws before the first sample. */
  now(): number {
    if (this.offsetMs === null) throw new Error('the database clock has not been sampled yet');
    return this.monotonicMs() + this.offsetMs;
  }
}
