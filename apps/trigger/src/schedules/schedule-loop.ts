import type { DatabaseClock, NextFiring } from '@reprise/ledger';
import type { Logger } from '@reprise/service';

/** Schedules may be registered elsewhere, and clocks drift: so often at least it is asked when the next one is due. */
const LOOK_EVERY_MS = 1_000;
/** While instants or backfills wait for runs to end. */
const WAITING_EVERY_MS = 200;
/** What is due may be locked by another trigger. */
const OVERDUE_EVERY_MS = 20;

export interface ScheduleLoopOptions {
  readonly nextFiring: () => Promise<NextFiring>;
  /** Fires what is due; `again`: there may be more. */
  readonly fire: () => Promise<'again' | 'rest'>;
  readonly backfill: () => Promise<'again' | 'rest'>;
  readonly databaseClock: Pick<DatabaseClock, 'now' | 'observe'>;
  readonly logger: Logger;
}

/** Sleeps until the next schedule is due, by the database's clock. */
export class ScheduleLoop {
  private stopped = false;
  private poked = false;
  private wake: (() => void) | null = null;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: ScheduleLoopOptions) {}

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the look in flight has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  /** Something has changed that may be due sooner than what it sleeps for. */
  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.poked = false;
      const pauseMs = await this.turn().catch((error: unknown) => {
        this.options.logger.warn({ error }, 'schedules cannot be looked at now');
        return LOOK_EVERY_MS;
      });
      if (pauseMs > 0) await this.sleep(pauseMs);
    }
  }

  /** Returns how long nothing will be due. */
  private async turn(): Promise<number> {
    const { nextFiring, fire, backfill, databaseClock } = this.options;
    const next = await nextFiring();
    databaseClock.observe(next.now);
    const isDue = next.isReady || (next.dueAt !== null && next.dueAt <= next.now);
    const fired = isDue ? await fire() : 'rest';
    const filled = next.hasBackfills ? await backfill() : 'rest';
    if (fired === 'again' || filled === 'again') return 0;
    const dueInMs = next.dueAt === null ? LOOK_EVERY_MS : Math.ceil(next.dueAt - databaseClock.now());
    const sleepMs = dueInMs > 0 ? dueInMs : OVERDUE_EVERY_MS;
    return Math.min(sleepMs, next.hasPending || next.hasBackfills ? WAITING_EVERY_MS : LOOK_EVERY_MS);
  }

  private async sleep(pauseMs: number): Promise<void> {
    if (this.stopped || this.poked) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }
}
