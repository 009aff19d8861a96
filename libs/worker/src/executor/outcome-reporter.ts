import type { OutgoingMessage, PublishOutcome } from '@reprise/broker';
import { type InboxItem, shardOf, type TopologyNames, toInbox } from '@reprise/contracts';
import { faultPoint } from '@reprise/service';

/** An outcome is small; this many of one shard travel in one message. */
const PACK = 100;
/** Outputs may be large: RabbitMQ 4 refuses messages beyond 16 MiB, and with them the channel. One that is larger travels alone. */
const PACK_CHARACTERS = 1_048_576;
const RETRY_MS = 500;

export interface ReporterPort {
  publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]>;
}

/**
 * Tells the scheduler what became of attempts, packed by shard: what has come together while the last batch was being confirmed
 * travels together. What could not be published is tried again; should the process end first, the ledger's watch finds it.
 */
export class OutcomeReporter {
  private pending: InboxItem[] = [];
  private flushing: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly names: TopologyNames,
    private readonly publisher: ReporterPort,
  ) {}

  report(item: InboxItem): void {
    this.pending.push(item);
    this.flushing ??= this.flush();
  }

  /** Resolves when nothing is pending, or after one failed try once stopping. */
  async drain(): Promise<void> {
    this.stopped = true;
    while (this.flushing !== null) await this.flushing;
  }

  private async flush(): Promise<void> {
    // What is reported in the same turn of the loop goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.pending.length > 0) {
      const items = this.pending;
      this.pending = [];
      const packs = packByShard(items);
      const outcomes = await this.publish(packs);
      const failed = packs.filter((_, index) => outcomes[index]?.kind !== 'confirmed');
      if (failed.length === 0) continue;
      if (this.stopped) break;
      this.pending = [...failed.flat(), ...this.pending];
      await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.flushing = null;
  }

  /** Whatever goes wrong on the way, these are not told yet: were the flush to end here, no outcome would be reported any more. */
  private async publish(packs: readonly InboxItem[][]): Promise<readonly PublishOutcome[]> {
    try {
      await faultPoint('executor.before-report');
      const outcomes = await this.publisher.publish(packs.map((pack) => toInbox(this.names, pack)));
      await faultPoint('executor.after-report');
      return outcomes;
    } catch {
      return [];
    }
  }
}

interface Pack {
  readonly items: InboxItem[];
  characters: number;
}

function packByShard(items: readonly InboxItem[]): InboxItem[][] {
  const open = new Map<number, Pack>();
  const packs: Pack[] = [];
  for (const item of items) {
    const shard = shardOf(item.run);
    const characters = item.kind === 'outcome' && item.outcome.kind === 'succeeded' ? item.outcome.output.length : 0;
    let pack = open.get(shard);
    if (pack === undefined || pack.items.length >= PACK || pack.characters + characters > PACK_CHARACTERS) {
      pack = { items: [], characters: 0 };
      open.set(shard, pack);
      packs.push(pack);
    }
    pack.items.push(item);
    pack.characters += characters;
  }
  return packs.map((pack) => pack.items);
}
