import type { BrokerConnection, Publisher } from '@reprise/broker';
import { type InboxItem, packInbox } from '@reprise/contracts';
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
import { readUntilByQueue } from '../executor-info.js';

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

/**
 * Finds the rows whose time to be looked at has come, and tells their runs. It decides nothing: what a row's state means is the
 * scheduler's to say. Every monitor does this; each row is handed to one of them and armed again, so that a report that gets lost comes again.
 */
export class ReportDue {
  constructor(private readonly options: ReportDueOptions) {}

  /** `again`: a scan was full. */
  async scan(): Promise<'again' | 'rest'> {
    const { watch, notices, connection, metrics } = this.options;
    // Scanning arms the rows again: without a broker that would only put their report off.
    if (connection.state().kind !== 'connected') return 'rest';
    const tasks = await watch.dueTasks(PAGE, await this.readings());
    const runs = await watch.dueRuns(PAGE);
    const told = await notices.due(PAGE);
    for (const { reason } of [...tasks.due, ...runs]) metrics.counter('reprise_reconciled_total', { kind: reason }).inc();
    if (told.due.length > 0) metrics.counter('reprise_reconciled_total', { kind: 'notice' }).inc(told.due.length);
    await this.publish([...tasks.due.map(wakeOf), ...runs.map(lookAt), ...told.due.map(itemOf)]);
    return tasks.scanned >= PAGE || runs.length >= PAGE || told.scanned >= PAGE ? 'again' : 'rest';
  }

  /**
   * Of the queues whose attempts are about to be looked at: how far they have been read, and whether they are empty. Those that nobody
   * reads are among them, or a queue without executors would be filled with copies of what waits in it.
   */
  private async readings(): Promise<readonly QueueReading[]> {
    const { gauges, members, connection } = this.options;
    const due = (await gauges.readyQueues(PAGE)).filter((queue) => queue.due).map(({ queue }) => queue);
    if (due.length === 0) return [];
    const read = readUntilByQueue(await members.live('executor'));
    return Promise.all(
      due.map(async (queue) => {
        const depth = await connection.queueDepth(connection.names.taskQueue(queue));
        return { queue, readUntil: read.get(queue) ?? null, empty: depth === null || depth === 0 };
      }),
    );
  }

  private async publish(items: readonly InboxItem[]): Promise<void> {
    if (items.length === 0) return;
    const { connection, publisher, logger } = this.options;
    const outcomes = await publisher.publish(packInbox(connection.names, items));
    const unpublished = outcomes.filter((outcome) => outcome.kind !== 'confirmed').length;
    if (unpublished > 0) logger.warn({ messages: unpublished }, 'what the watch found was not told; it will be found again');
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
