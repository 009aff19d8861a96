import type { Member } from '@reprise/ledger';

/** What an executor says of itself in its member row. */
export interface ExecutorInfo {
  /** By queue: `queuedAt` of the newest attempt received from it; null: none yet. */
  readonly queues: ReadonlyMap<string, number | null>;
  readonly handlers: readonly string[];
  readonly concurrency: number | null;
}

/** Other versions, or other languages, may have written the row: what does not fit is left out. */
export function executorInfo({ info }: Pick<Member, 'info'>): ExecutorInfo {
  const { queues, handlers, concurrency } = info;
  const entries = typeof queues === 'object' && queues !== null ? Object.entries(queues) : [];
  return {
    queues: new Map(entries.map(([name, reading]: [string, unknown]) => [name, readUntilOf(reading)])),
    handlers: Array.isArray(handlers) ? handlers.filter((name) => typeof name === 'string') : [],
    concurrency: typeof concurrency === 'number' ? concurrency : null,
  };
}

function readUntilOf(reading: unknown): number | null {
  if (typeof reading !== 'object' || reading === null || !('readUntil' in reading)) return null;
  return typeof reading.readUntil === 'number' ? reading.readUntil : null;
}

/** How far each queue has been read by whoever lives: the newest of all. */
export function readUntilByQueue(executors: readonly Pick<Member, 'info'>[]): ReadonlyMap<string, number | null> {
  const newest = new Map<string, number | null>();
  for (const executor of executors) {
    for (const [queue, readUntil] of executorInfo(executor).queues) {
      const known = newest.get(queue) ?? null;
      newest.set(queue, known === null || (readUntil !== null && readUntil > known) ? readUntil : known);
    }
  }
  return newest;
}
