import { readLaneKey } from '@reprise/core';
import type { Member } from '@reprise/ledger';

/** What an executor says of itself in its member row. */
export interface ExecutorInfo {
  /** Keys of the lanes it reads. */
  readonly lanes: readonly string[];
  /** By lane: `queuedAt` of the newest attempt received from it; null: none yet. */
  readonly readUntil: ReadonlyMap<string, number | null>;
  /** Names of the task queues, each once. */
  readonly queues: readonly string[];
  readonly handlers: readonly string[];
  readonly concurrency: number | null;
  /** Slots in use when it last said that it is alive; null: it does not tell. */
  readonly busy: number | null;
  readonly version: string | null;
}

/** Other versions, or other languages, may have written the row: what does not fit is left out. */
export function executorInfo({ info }: Pick<Member, 'info'>): ExecutorInfo {
  const { queues, handlers, concurrency, busy, version } = info;
  const entries = typeof queues === 'object' && queues !== null ? Object.entries(queues) : [];
  const lanes = entries.map(([key]) => key);
  return {
    lanes,
    readUntil: new Map(entries.map(([key, reading]: [string, unknown]) => [key, readUntilOf(reading)])),
    queues: [...new Set(lanes.map((key) => readLaneKey(key).queue))].sort(),
    handlers: Array.isArray(handlers) ? handlers.filter((name) => typeof name === 'string') : [],
    concurrency: typeof concurrency === 'number' ? concurrency : null,
    busy: typeof busy === 'number' ? busy : null,
    version: typeof version === 'string' ? version : null,
  };
}

function readUntilOf(reading: unknown): number | null {
  if (typeof reading !== 'object' || reading === null || !('readUntil' in reading)) return null;
  return typeof reading.readUntil === 'number' ? reading.readUntil : null;
}

/** How far each lane has been read by whoever lives: the newest of all. */
export function readUntilByLane(executors: readonly Pick<Member, 'info'>[]): ReadonlyMap<string, number | null> {
  const newest = new Map<string, number | null>();
  for (const executor of executors) {
    for (const [lane, readUntil] of executorInfo(executor).readUntil) {
      const known = newest.get(lane) ?? null;
      newest.set(lane, known === null || (readUntil !== null && readUntil > known) ? readUntil : known);
    }
  }
  return newest;
}
