import type { BrokerConnection } from '@reprise/broker';
import type { QueueView } from '@reprise/contracts';
import type { Gauges, MemberStore, QueueStore } from '@reprise/ledger';
import { executorInfo } from './executor-info.js';

export interface ListQueuesOptions {
  readonly gauges: Gauges;
  readonly members: MemberStore;
  readonly pauses: QueueStore;
  readonly connection: Pick<BrokerConnection, 'names' | 'queueDepth'>;
}

/** Task queues that an executor reads, an attempt waits for, or that are paused. */
export class ListQueues {
  constructor(private readonly options: ListQueuesOptions) {}

  async list(): Promise<readonly QueueView[]> {
    return this.views([]);
  }

  /** Known or not. */
  async one(name: string): Promise<QueueView> {
    const found = (await this.views([name])).find((queue) => queue.name === name);
    return found ?? { name, depth: null, oldestAgeSeconds: null, executors: 0, paused: null };
  }

  private async views(also: readonly string[]): Promise<readonly QueueView[]> {
    const { members, gauges, pauses } = this.options;
    const [executors, ready, paused] = await Promise.all([members.live('executor'), gauges.readyQueues(), pauses.paused()]);
    const read = executors.flatMap((executor) => [...executorInfo(executor).queues.keys()]);
    const ages = new Map(ready.map((row) => [row.queue, row.oldestAge]));
    const pausedBy = new Map(
      paused.map(({ queue, pausedAt, pausedBy: by, reason }) => [queue, { at: new Date(pausedAt).toISOString(), by, reason }]),
    );
    const names = [...new Set([...read, ...ages.keys(), ...pausedBy.keys(), ...also])].sort();
    return Promise.all(
      names.map(async (name) => ({
        name,
        depth: await this.depth(name),
        oldestAgeSeconds: ages.get(name) ?? null,
        executors: read.filter((queue) => queue === name).length,
        paused: pausedBy.get(name) ?? null,
      })),
    );
  }

  private async depth(name: string): Promise<number | null> {
    const { connection } = this.options;
    try {
      return await connection.queueDepth(connection.names.taskQueue(name));
    } catch {
      // The broker is away: what the ledger knows is still worth showing.
      return null;
    }
  }
}
