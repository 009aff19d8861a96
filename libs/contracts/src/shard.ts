/** Everything about one run goes to one shard. Stored in `setting`: changing it under a live system is a boot error. */
export const SHARDS = 8;

/**
 * The shard of a run: `0 … SHARDS-1`, from the last 32 bits of its UUIDv7, which are random in every generator
 * (the front is the time, so runs of one burst would all meet in one shard).
 * Throws a RangeError when `runId` does not end in eight hexadecimal digits.
 */
export function shardOf(runId: string): number {
  const tail = runId.slice(-8);
  if (!/^[0-9a-f]{8}$/i.test(tail)) throw new RangeError(`not a run id: ${JSON.stringify(runId)}`);
  return Number.parseInt(tail, 16) % SHARDS;
}
