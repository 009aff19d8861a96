import type { BrokerConnection, Publisher } from '@reprise/broker';
import { type InboxItem, packsOf, toInbox } from '@reprise/contracts';
import { readLaneKey } from '@reprise/core';
import {
  type DueRun,
  type DueTask,
  type Gauges,
  type MemberStore,
  NOTICE_TO_RUN,
  type Notice,
  type NoticeStore,
  type QueueReading,
  type WatchStore,
} from '@reprise/ledger';
import type { Logger, Metrics } from '@reprise/service';
import { readUntilByLane } from '../queues/executor-info.js';

/** Rows of one scan. */
const PAGE = 500;

export interface ReportDueOptions {
  readonly watch: WatchStore;
  readonly notices: NoticeStore;
  readonly gauges: Gauges;
  readonly members: MemberStore;
  readonly connection: Pick<BrokerConnection, 'names' | 'queueDepth' | 'state'>;
  readonly publisher: Publisher;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

interface Found {
  readonly item: InboxItem;
  readonly kind: DueTask['reason'] | DueRun['reason'] | 'notice';
}

/**
 * Finds the rows whose time to be looked at has come, and tells their runs. It decides nothing: what a row's state means is the
 * scheduler's to say. Every monitor does this; each row is handed to one of them and armed again, so that a report that gets lost comes again.
 */
export class ReportDue {
  constructor(private readonly options: ReportDueOptions) {}

  /** `again`: a scan was full. */
  async scan(): Promise<'again' | 'rest'> {
    const { watch, notices, connection } = this.options;
    // Scanning arms the rows again: without a broker that would only put their report off.
    if (connection.state().kind !== 'connected') return 'rest';
    const tasks = await watch.dueTasks(PAGE, await this.readings());
    const runs = await watch.dueRuns(PAGE);
    const told = await notices.due(PAGE);
    await this.publish([
      ...tasks.due.map((task): Found => ({ item: wakeOf(task), kind: task.reason })),
      ...runs.map((run): Found => ({ item: lookAt(run), kind: run.reason })),
      ...told.due.map((notice): Found => ({ item: itemOf(notice), kind: 'notice' })),
    ]);
    return tasks.scanned >= PAGE || runs.length >= PAGE || told.scanned >= PAGE ? 'again' : 'rest';
  }

  /**
   * Of the lanes whose attempts are about to be looked at: how far they have been read, and whether they are empty. Those that nobody
   * reads are among them, or a queue without executors would be filled with copies of what waits in it.
   */
  private async readings(): Promise<readonly QueueReading[]> {
    const { gauges, members } = this.options;
    const due = (await gauges.readyQueues(PAGE)).filter((queue) => queue.due).map(({ queue }) => queue);
    if (due.length === 0) return [];
    const read = readUntilByLane(await members.live('executor'));
    return Promise.all(
      due.map(async (key) => {
        const { from, depth } = await this.whereItWaits(key);
        return { queue: key, readUntil: read.get(from) ?? null, empty: depth === null || depth === 0 };
      }),
    );
  }

  /** What was meant for a lane that nobody has declared waits in its queue. */
  private async whereItWaits(key: string): Promise<{ readonly from: string; readonly depth: number | null }> {
    const { connection } = this.options;
    const depth = await connection.queueDepth(connection.names.taskQueue(key));
    const { queue } = readLaneKey(key);
    return depth === null && queue !== key ? this.whereItWaits(queue) : { from: key, depth };
  }

  /** Counted once it is told: what is not is found, and would be counted, again. */
  private async publish(found: readonly Found[]): Promise<void> {
    if (found.length === 0) return;
    const { connection, publisher, metrics, logger } = this.options;
    const kinds = new Map(found.map(({ item, kind }) => [item, kind]));
    const packs = packsOf(found.map(({ item }) => item));
    const outcomes = await publisher.publish(packs.map((pack) => toInbox(connection.names, pack)));
    const told = packs.filter((_, index) => outcomes[index]?.kind === 'confirmed');
    for (const kind of told.flat().flatMap((item) => kinds.get(item) ?? []))
      metrics.counter('reprise_reconciled_total', { kind }).inc();
    const untold = packs.length - told.length;
    if (untold > 0) logger.warn({ messages: untold }, 'what the watch found was not told; it will be found again');
  }
}

const itemOf = (notice: Notice): InboxItem => (notice.node === NOTICE_TO_RUN ? lookAt(notice) : wakeOf(notice));
const wakeOf = ({ run, version, node, at, fence }: Omit<DueTask, 'reason'>): InboxItem => ({
  kind: 'wake',
  run,
  version,
  node,
  at,
  fence,
});
const lookAt = ({ run, version }: Pick<DueRun, 'run' | 'version'>): InboxItem => ({ kind: 'look', run, version });
