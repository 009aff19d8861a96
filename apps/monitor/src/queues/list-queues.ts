import type { BrokerConnection } from '@reprise/broker';
import type { LaneView, Page, QueueView } from '@reprise/contracts';
import { LANES, type Lane, laneKey, readLaneKey } from '@reprise/core';
import type { Gauges, MemberStore, PageRequest, QueueStore, WaitingQueue } from '@reprise/ledger';
import { pageByName } from '../requests/page-by-name.js';
import { executorInfo } from './executor-info.js';

export interface ListQueuesOptions {
  readonly gauges: Gauges;
  readonly members: MemberStore;
  readonly pauses: QueueStore;
  readonly connection: Pick<BrokerConnection, 'names' | 'queueDepth'>;
}

/** By the keys of lanes: how many executors read each, and what the ledger knows to wait in it. By queue: who has paused it. */
interface Known {
  readonly readers: ReadonlyMap<string, number>;
  readonly waiting: ReadonlyMap<string, WaitingQueue>;
  readonly paused: ReadonlyMap<string, QueueView['paused']>;
}

/** Task queues that an executor reads, an attempt waits for, or that are paused. */
export class ListQueues {
  constructor(private readonly options: ListQueuesOptions) {}

  /** All of them, by name. */
  async list(): Promise<readonly QueueView[]> {
    const known = await this.known();
    return this.views(namesOf(known).sort(), known);
  }

  /** The broker is asked only for those that are shown. */
  async page(request: PageRequest): Promise<Page<QueueView>> {
    const known = await this.known();
    const { items, next } = pageByName(namesOf(known), request, (name) => name);
    return { items: await this.views(items, known), next };
  }

  /** Known or not. */
  async one(name: string): Promise<QueueView> {
    return this.view(name, await this.known());
  }

  private async known(): Promise<Known> {
    const { members, gauges, pauses } = this.options;
    const [executors, waiting, paused] = await Promise.all([members.live('executor'), gauges.waitingQueues(), pauses.paused()]);
    const readers = new Map<string, number>();
    for (const key of executors.flatMap((executor) => executorInfo(executor).lanes))
      readers.set(key, (readers.get(key) ?? 0) + 1);
    return {
      readers,
      waiting: new Map(waiting.map((row) => [row.queue, row])),
      paused: new Map(
        paused.map(({ queue, pausedAt, pausedBy: by, reason }) => [queue, { at: new Date(pausedAt).toISOString(), by, reason }]),
      ),
    };
  }

  private views(names: readonly string[], known: Known): Promise<readonly QueueView[]> {
    return Promise.all(names.map((name) => this.view(name, known)));
  }

  private async view(name: string, known: Known): Promise<QueueView> {
    const found = await Promise.all(LANES.map((lane) => this.lane(name, lane, known)));
    const lanes = found.filter(
      ({ depth, oldestAgeSeconds, executors }) => depth !== null || oldestAgeSeconds !== null || executors > 0,
    );
    const depths = lanes.flatMap(({ depth }) => depth ?? []);
    const ages = lanes.flatMap(({ oldestAgeSeconds }) => oldestAgeSeconds ?? []);
    return {
      name,
      depth: depths.length === 0 ? null : depths.reduce((sum, depth) => sum + depth),
      oldestAgeSeconds: ages.length === 0 ? null : Math.max(...ages),
      executors: known.readers.get(name) ?? 0,
      lanes,
      paused: known.paused.get(name) ?? null,
    };
  }

  private async lane(name: string, lane: Lane, { readers, waiting }: Known): Promise<LaneView> {
    const key = laneKey(name, lane);
    const { oldestAge: oldestAgeSeconds = null, ready = 0 } = waiting.get(key) ?? {};
    const executors = readers.get(key) ?? 0;
    // Lanes that nobody reads and nothing waits for need not be asked for: most often they do not exist.
    const isUsed = lane === 'normal' || executors > 0 || oldestAgeSeconds !== null;
    return { lane, depth: isUsed ? await this.depth(key, ready) : null, oldestAgeSeconds, executors };
  }

  /** The broker counts messages, each of which may carry several attempts; the ledger counts attempts, and of many only the first. */
  private async depth(key: string, ready: number): Promise<number | null> {
    const { connection } = this.options;
    try {
      const messages = await connection.queueDepth(connection.names.taskQueue(key));
      return messages === null ? null : Math.max(messages, ready);
    } catch {
      // The broker is away: what the ledger knows is still worth showing.
      return null;
    }
  }
}

const namesOf = ({ readers, waiting, paused }: Known): string[] => [
  ...new Set([...[...readers.keys(), ...waiting.keys()].map((key) => readLaneKey(key).queue), ...paused.keys()]),
];
