import type { BrokerConnection } from '@reprise/broker';
import type { QueueView } from '@reprise/contracts';
import type { Gauges, MemberStore } from '@reprise/ledger';
import { executorInfo } from './executor-info.js';

/** Task queues that an executor reads or an attempt waits for. */
export class ListQueues {
  constructor(
    private readonly gauges: Gauges,
    private readonly members: MemberStore,
    private readonly connection: Pick<BrokerConnection, 'names' | 'queueDepth'>,
  ) {}

  async list(): Promise<readonly QueueView[]> {
    const [executors, ready] = await Promise.all([this.members.live('executor'), this.gauges.readyQueues()]);
    const read = executors.flatMap((executor) => [...executorInfo(executor).queues.keys()]);
    const ages = new Map(ready.map((row) => [row.queue, row.oldestAge]));
    const names = [...new Set([...read, ...ages.keys()])].sort();
    return Promise.all(
      names.map(async (name) => ({
        name,
        depth: await this.depth(name),
        oldestAgeSeconds: ages.get(name) ?? null,
        executors: read.filter((queue) => queue === name).length,
      })),
    );
  }

  private async depth(name: string): Promise<number | null> {
    try {
      return await this.connection.queueDepth(this.connection.names.taskQueue(name));
    } catch {
      // The broker is away: what the ledger knows is still worth showing.
      return null;
    }
  }
}
