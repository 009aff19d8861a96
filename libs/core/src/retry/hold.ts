import { wholeMs } from './backoff.js';
import { NO_MEMORY, type RetryMemory } from './retry-memory.js';
import type { HoldReason, Why } from './why.js';

const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 30_000;

/**
 * The wait of an attempt that is put back uncounted: nobody has executed it, so no budget is touched but `holds`.
 * NO_QUEUE and NO_HANDLER wait for an executor: 1 s doubling to 30 s. KEY_IN_PROGRESS waits for the owner of the key: 1 s.
 */
export function holdDelay(
  reason: HoldReason,
  memory: RetryMemory | null,
): { readonly delayMs: number; readonly memory: RetryMemory; readonly why: Extract<Why, { reason: 'hold' }> } {
  const before = memory ?? NO_MEMORY;
  const doubled = Math.min(LONGEST_HOLD_MS, wholeMs(FIRST_HOLD_MS * 2 ** before.holds));
  const delayMs = reason === 'KEY_IN_PROGRESS' ? FIRST_HOLD_MS : doubled;
  const holds = before.holds + 1;
  return { delayMs, memory: { ...before, holds }, why: { reason: 'hold', hold: reason, holds, delayMs } };
}
