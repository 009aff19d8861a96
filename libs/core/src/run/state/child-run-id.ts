import type { Address } from '../../address.js';
import type { Fence, RunId } from '../../ids.js';
import { runId } from '../../ids.js';
import { sha256 } from '../../sha256.js';

/**
 * The id of the run that a task instance starts: the same however often its start is asked for, so that the ledger takes it once.
 * A UUIDv7 like every other, so that it lies in the right partition: the time is the task's start, what is random elsewhere is a hash.
 */
export function childRunId(parent: RunId, { node, at }: Address, fence: Fence, startedAtMs: number): RunId {
  const words = sha256(`${parent}/${node}/${at}/${fence}`);
  const random = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  const time = Math.floor(startedAtMs).toString(16).padStart(12, '0');
  const variant = (8 + (Number.parseInt(random.slice(3, 4), 16) % 4)).toString(16);
  return runId(
    `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`,
  );
}
