import type { Clock, Logger, Metrics } from '@reprise/service';
import type { Deleted, RetentionKind, RetentionPass } from './retention-pass.js';

export interface RetentionOptions {
  readonly begin: () => RetentionPass;
  /** From the end of one pass to the begin of the next. */
  readonly everyMs: number;
  /** Whether this monitor leads: one at a time is enough, and keeps the pace. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** For each moment of deleting. */
const RESTS = 3;

interface Round {
  readonly pass: RetentionPass;
  readonly steps: AsyncGenerator<Deleted>;
  readonly deleted: Map<RetentionKind, number>;
}

/** Deletes what is old enough, beside the work: after each step it rests three times as long as that has taken. */
export class Retention {
  private round: Round | null = null;
  private restUntilMs = 0;

  constructor(private readonly options: RetentionOptions) {}

  /** One step, if it is time for one. */
  async look(): Promise<'rest'> {
    const { leads, clock } = this.options;
    if (!leads()) {
      this.round = null;
      return 'rest';
    }
    const began = clock.monotonicMs();
    if (began < this.restUntilMs) return 'rest';
    const isOver = await this.step();
    const now = clock.monotonicMs();
    this.restUntilMs = now + (isOver ? this.options.everyMs : RESTS * (now - began));
    return 'rest';
  }

  private async step(): Promise<boolean> {
    this.round ??= this.begin();
    const { steps, deleted } = this.round;
    const next = await steps.next().catch((error: unknown) => {
      // Begun anew, after a rest: what has been deleted so far stays deleted.
      this.round = null;
      this.restUntilMs = this.options.clock.monotonicMs() + this.options.everyMs;
      throw error;
    });
    if (next.done === true) {
      this.end(this.round);
      return true;
    }
    const { kind, count } = next.value;
    deleted.set(kind, (deleted.get(kind) ?? 0) + count);
    if (count > 0) this.options.metrics.counter('reprise_retention_deleted_total', { kind }).inc(count);
    return false;
  }

  private begin(): Round {
    const pass = this.options.begin();
    return { pass, steps: pass.steps(), deleted: new Map() };
  }

  private end({ pass, deleted }: Round): void {
    const { metrics, clock, logger } = this.options;
    this.round = null;
    metrics.gauge('reprise_retention_last_pass_timestamp_seconds').set(clock.now() / 1_000);
    const gone = Object.fromEntries([...deleted].filter(([, count]) => count > 0));
    const facts = { deleted: gone, keptWeeks: Object.fromEntries(pass.kept) };
    if (Object.keys(gone).length > 0) logger.info(facts, 'what was old enough has been deleted');
    else logger.debug(facts, 'nothing was old enough to be deleted');
  }
}
