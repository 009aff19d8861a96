import { type Database, type EventStore, ensurePartitions, type MemberStore, RateStore } from '@reprise/ledger';
import type { Clock, Logger, Metrics } from '@reprise/service';
import type { GlobalGauges } from './global-gauges.js';

const ROLE = 'monitor';
/** Kept events that one round looks at, and how often it does while all of them are too old. */
const PURGE_PAGE = 1_000;
const MOST_PURGES = 10;
const DAY_MS = 24 * 3_600_000;

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
  private leads = false;
  private houseAtMs: number | null = null;

  constructor(private readonly options: LeaderOptions) {}

  /** Whether it led when it last looked. */
  get isLeading(): boolean {
    return this.leads;
  }

  async round(): Promise<'rest'> {
    const { id, leaseMs, members, gauges, logger } = this.options;
    try {
      await members.renew(id, 'monitor', {}, leaseMs);
      this.become(await members.lead(ROLE, id, leaseMs));
    } catch (error) {
      // Whether we still lead is not known: then we do not.
      this.become(false);
      throw error;
    } finally {
      if (!this.leads) gauges.clear();
    }
    if (!this.leads) return 'rest';
    await gauges.update();
    await this.purgeEvents();
    await this.keepHouse(logger);
    return 'rest';
  }

  /** Lets another one lead at once. */
  async resign(): Promise<void> {
    const { members, id } = this.options;
    if (this.leads) await members.remove(`leader:${ROLE}`);
    this.become(false);
    await members.remove(id);
  }

  private become(leads: boolean): void {
    if (leads !== this.leads)
      this.options.logger.info({ role: ROLE }, leads ? 'this monitor leads' : 'this monitor no longer leads');
    this.leads = leads;
    this.options.metrics.gauge('reprise_leader', { role: ROLE }).set(leads ? 1 : 0);
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
    await new RateStore(this.options.database).purge();
    this.houseAtMs = now;
    logger.debug({}, 'partitions are there for the weeks ahead');
  }
}
