import type { Course } from './course.js';

/** What the tasks came to, as numbers. */
export interface SimulatedOutcome {
  readonly succeeded: number;
  readonly failed: number;
  readonly parked: number;
  /** Tried more often than was recorded: nobody knows what would have come of it. */
  readonly unknown: number;
  /** Of all tasks; null: there are none. `most`: had all the unknown ones succeeded. */
  readonly successRate: { readonly least: number; readonly most: number } | null;
  /** Attempts executed; each unknown task has one more that was never made, at least. */
  readonly calls: number;
  /** What waiting before retries adds, over the tasks whose first attempt did not succeed; null: there are none. */
  readonly addedLatencyMs: { readonly mean: number; readonly p95: number } | null;
  /** The second in which most retries began; null: nothing was retried. */
  readonly peakRetries: { readonly perSecond: number; readonly at: number } | null;
}

/** Adds up courses, one by one. */
export class OutcomeTally {
  private readonly ended = { succeeded: 0, failed: 0, parked: 0, unknown: 0 };
  private calls = 0;
  private readonly waits: number[] = [];
  private readonly perSecond = new Map<number, number>();

  /** `troubled`: its first attempt did not succeed. */
  add(course: Course, troubled: boolean): void {
    this.ended[course.outcome] += 1;
    this.calls += course.calls;
    if (troubled) this.waits.push(course.waitMs);
    for (const at of course.retriesAt) {
      const second = Math.floor(at / 1_000);
      this.perSecond.set(second, (this.perSecond.get(second) ?? 0) + 1);
    }
  }

  total(): SimulatedOutcome {
    const { succeeded, failed, parked, unknown } = this.ended;
    const tasks = succeeded + failed + parked + unknown;
    return {
      ...this.ended,
      successRate: tasks === 0 ? null : { least: succeeded / tasks, most: (succeeded + unknown) / tasks },
      calls: this.calls,
      addedLatencyMs: this.latency(),
      peakRetries: this.peak(),
    };
  }

  private latency(): SimulatedOutcome['addedLatencyMs'] {
    const sorted = this.waits.toSorted((a, b) => a - b);
    // Nearest rank: the smallest wait that 95 of 100 do not exceed.
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1];
    if (p95 === undefined) return null;
    return { mean: Math.round(sorted.reduce((sum, wait) => sum + wait, 0) / sorted.length), p95 };
  }

  private peak(): SimulatedOutcome['peakRetries'] {
    let found: { perSecond: number; at: number } | null = null;
    for (const [second, perSecond] of this.perSecond) {
      const at = second * 1_000;
      const isHigher = found === null || perSecond > found.perSecond || (perSecond === found.perSecond && at < found.at);
      if (isHigher) found = { perSecond, at };
    }
    return found;
  }
}
