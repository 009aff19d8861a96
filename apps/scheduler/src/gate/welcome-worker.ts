import { type BrokerConnection, TopologyMismatchError } from '@reprise/broker';
import type { GateAnswer, GateRequestOf } from '@reprise/contracts';
import { MEMBER_LEASE_MS, type MemberStore } from '@reprise/ledger';
import { executorOf } from './grant-claims.js';

export interface WelcomeWorkerOptions {
  readonly members: Pick<MemberStore, 'renew' | 'remove'>;
  readonly connection: Pick<BrokerConnection, 'names' | 'ensureTaskQueue' | 'queueDepth' | 'redeclare'>;
  readonly leaseMs: number;
}

/** Who is there: workers are executors like Reprise's own, and their queues exist once they are welcome. */
export class WelcomeWorker {
  constructor(private readonly options: WelcomeWorkerOptions) {}

  async welcome({ worker, queues, handlers, concurrency }: GateRequestOf<'hello'>): Promise<GateAnswer> {
    const { members, leaseMs } = this.options;
    try {
      for (const { name } of queues) await this.ensure(name);
    } catch (error) {
      if (!(error instanceof TopologyMismatchError)) throw error;
      return { kind: 'refused', reason: error.message };
    }
    const read = Object.fromEntries(queues.map(({ name, readUntil }) => [name, { readUntil }]));
    await members.renew(executorOf(worker), 'executor', { queues: read, handlers, concurrency }, MEMBER_LEASE_MS);
    return { kind: 'welcome', leaseMs, helloEveryMs: MEMBER_LEASE_MS / 3 };
  }

  async dismiss({ worker }: GateRequestOf<'goodbye'>): Promise<GateAnswer> {
    await this.options.members.remove(executorOf(worker));
    return { kind: 'accepted' };
  }

  private async ensure(queue: string): Promise<void> {
    const { connection } = this.options;
    await connection.ensureTaskQueue(queue);
    // Somebody may have deleted it since.
    if ((await connection.queueDepth(connection.names.taskQueue(queue))) === null) await connection.redeclare();
  }
}
