import {
  AdmissionStore,
  type Database,
  type EventStore,
  ensurePartitions,
  type MemberStore,
  reclaimPlaces,
} from '@reprise/ledger';
import { type Clock, type Logger, type Metrics, VERSION } from '@reprise/service';
import type { GlobalGauges } from './global-gauges.js';

const ROLE = 'monitor';
/** Kept events that one round looks at, and how often it does while all of them are too old. */
const PURGE_PAGE = 1_000;
const MOST_PURGES = 10;
const DAY_MS = 24 * 3_600_000;
const PLACES_MS = 600_000;

export interface LeaderOptions {
  /** This process, in the lease rows. */
  readonly id: string;
  readonly leaseMs: number;
  readonly events: EventStore;
  readonly eventRetentionMs: number;
  readonly members: MemberStore;
  readonly database: Database;
  readonly gauges: GlobalGauges;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Says that this monitor lives, and, for the one of them that holds the lease row, does what must be done once for all. */
export class Leader {
  /** Monotonic, from before the lease was asked for; null: it does not lead. */
  private leadsUntilMs: number | null = null;
  private houseAtMs: number | null = null;
  private placesAtMs: number | null = null;

  constructor(private readonly options: LeaderOptions) {
    const { metrics } = options;
    metrics.gauge('reprise_leader', { role: ROLE }).set(0);
    // A leader that was stopped for a while, or whose database hangs, must not be summed with the one that leads instead.
    metrics.onScrape(() => {
      if (!this.isLeading) this.become(null);
    });
  }

  /** Whether it is certain to lead: its lease may end while nobody can be asked. */
  get isLeading(): boolean {
    return this.leadsUntilMs !== null && this.options.clock.monotonicMs() < this.leadsUntilMs;
  }

  async round(): Promise<'rest'> {
    const { id, leaseMs, members, clock, logger } = this.options;
    const wasLeading = this.isLeading;
    try {
      await members.renew(id, 'monitor', { version: VERSION, clockMs: clock.now() }, leaseMs);
      const askedAtMs = clock.monotonicMs();
      this.become((await members.lead(ROLE, id, leaseMs)) ? askedAtMs + leaseMs : null);
    } catch (error) {
      // Whether we still lead is not known: then we do not.
      this.become(null);
      throw error;
    }
    if (!this.isLeading) return 'rest';
    if (!wasLeading) await this.showGauges();
    await this.purgeEvents();
    await this.keepHouse(logger);
    await this.keepPlaces(logger);
    return 'rest';
  }

  /** On an interval and not by the scrape: however often somebody scrapes, the ledger is asked as often. */
  async showGauges(): Promise<'rest'> {
    if (!this.isLeading) return 'rest';
    const { gauges } = this.options;
    const figures = await gauges.read();
    // Reading may have taken longer than the lease.
    if (this.isLeading) gauges.show(figures);
    return 'rest';
  }

  /** Lets another one lead at once. */
  async resign(): Promise<void> {
    const { members, id } = this.options;
    const wasLeading = this.isLeading;
    this.become(null);
    if (wasLeading) await members.remove(`leader:${ROLE}`);
    await members.remove(id);
  }

  private become(leadsUntilMs: number | null): void {
    const { logger, metrics, gauges } = this.options;
    const leads = leadsUntilMs !== null;
    if (leads !== (this.leadsUntilMs !== null))
      logger.info({ role: ROLE }, leads ? 'this monitor leads' : 'this monitor no longer leads');
    this.leadsUntilMs = leadsUntilMs;
    metrics.gauge('reprise_leader', { role: ROLE }).set(leads ? 1 : 0);
    if (!leads) gauges.clear();
  }

  private async purgeEvents(): Promise<void> {
    const { events, eventRetentionMs } = this.options;
    for (let rounds = 0; rounds < MOST_PURGES; rounds += 1) {
      if ((await events.purge(eventRetentionMs, PURGE_PAGE)) < PURGE_PAGE) return;
    }
  }

  /** Once a day. Weeks ahead must exist before runs of that week do; keys of rate limits may come from data, so that there are ever more of them. */
  private async keepHouse(logger: Logger): Promise<void> {
    const now = this.options.clock.monotonicMs();
    if (this.houseAtMs !== null && now - this.houseAtMs < DAY_MS) return;
    await ensurePartitions(this.options.database);
    await new AdmissionStore(this.options.database).purge();
    this.houseAtMs = now;
    logger.debug({}, 'partitions are there for the weeks ahead');
  }

  /** While services are upgraded, those of the version before may still leave places behind. */
  private async keepPlaces(logger: Logger): Promise<void> {
    const now = this.options.clock.monotonicMs();
    if (this.placesAtMs !== null && now - this.placesAtMs < PLACES_MS) return;
    this.placesAtMs = now;
    const keys = await reclaimPlaces(this.options.database);
    if (keys > 0) logger.warn({ keys }, 'runs that have ended had kept places of concurrency keys; others have them now');
  }
}
