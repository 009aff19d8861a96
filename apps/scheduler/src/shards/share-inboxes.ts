import { divideShards, SHARDS } from '@reprise/contracts';
import type { MemberStore } from '@reprise/ledger';
import { type Clock, type Logger, type Metrics, VERSION } from '@reprise/service';

export interface ShareInboxesOptions {
  /** This scheduler, in the lease rows. */
  readonly id: string;
  readonly leaseMs: number;
  readonly members: Pick<MemberStore, 'renew' | 'remove' | 'live'>;
  /** To the end of the line of those who wait for this shard. */
  readonly giveWay: (shard: number) => Promise<void>;
  /** A hint to the others: look who lives. */
  readonly tell: () => Promise<void>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The scheduler a shard falls to may live and not reach the broker: it is made way for again, but not all the time. */
const GIVE_WAY_EVERY_MS = 5_000;
const ALL: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/**
 * Divides the shards over the schedulers that live by the database's clock. All of them stand in line at every inbox, and the broker lets
 * one consume each (single active consumer): who is alone begins at once, and what a dead one leaves behind is taken up at once. The lease
 * rows only say who is to be first in line: where a shard falls to another, this one goes to the end.
 */
export class ShareInboxes {
  /** Until it is known who else lives: all. */
  private own: readonly number[] = ALL;
  private readonly gaveWayAtMs = new Map<number, number>();
  private looking: Promise<void> | null = null;
  private lookAgain = false;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(private readonly options: ShareInboxesOptions) {}

  async start(): Promise<void> {
    await this.look();
    if (this.stopped) return;
    await this.options.tell();
    this.timer = setInterval(() => void this.look(), this.options.leaseMs / 3);
  }

  /** Says that it lives, and finds out who else does. Asked while it does so, it does so once more. */
  look(): Promise<void> {
    this.lookAgain = this.looking !== null;
    this.looking ??= this.lookNow().finally(() => {
      this.looking = null;
      if (this.lookAgain) void this.look();
    });
    return this.looking;
  }

  /** Inputs of this shard came here. Where they should not, whoever they should come to was away and may be back. */
  took(shard: number, inputs: number): void {
    this.options.metrics.counter('reprise_inbox_inputs_total', { shard: String(shard) }).inc(inputs);
    if (!this.own.includes(shard)) void this.giveWay(shard);
  }

  /** The place of a shard among those of this scheduler, so that its lanes have equally much to do whatever falls to it. */
  placeOf(shard: number): number {
    const place = this.own.indexOf(shard);
    return place < 0 ? shard : place;
  }

  /** Gives everything up: the others divide it at once instead of when the lease ends. */
  async leave(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearInterval(this.timer);
    await this.looking;
    await this.options.members.remove(this.options.id);
    await this.options.tell();
  }

  private async lookNow(): Promise<void> {
    const { id, leaseMs, members, clock, logger } = this.options;
    if (this.stopped) return;
    try {
      const others = (await members.live('scheduler')).map((member) => member.id);
      const own = divideShards([id, ...others]).get(id) ?? [];
      await members.renew(id, 'scheduler', { shards: own, version: VERSION, clockMs: clock.now() }, leaseMs);
      await this.become(own, new Set([id, ...others]).size);
    } catch (error) {
      // What was known stays so: who consumes what is settled by the broker, and by the locks of rows.
      logger.warn({ error }, 'this scheduler could not say that it is alive');
    }
  }

  private async become(own: readonly number[], schedulers: number): Promise<void> {
    const { logger, metrics } = this.options;
    const givenUp = this.own.filter((shard) => !own.includes(shard));
    const changed = givenUp.length > 0 || own.length !== this.own.length;
    this.own = own;
    metrics.gauge('reprise_scheduler_shards').set(own.length);
    if (changed) logger.info({ shards: own, schedulers }, 'the inboxes are divided anew');
    for (const shard of own) this.gaveWayAtMs.delete(shard);
    await Promise.all(givenUp.map((shard) => this.giveWay(shard)));
  }

  private async giveWay(shard: number): Promise<void> {
    const { clock, logger } = this.options;
    const now = clock.monotonicMs();
    const before = this.gaveWayAtMs.get(shard);
    if (this.stopped || (before !== undefined && now - before < GIVE_WAY_EVERY_MS)) return;
    this.gaveWayAtMs.set(shard, now);
    await this.options.giveWay(shard).catch((error: unknown) => logger.warn({ error, shard }, 'an inbox could not be given up'));
  }
}
