/** What a task instance has been through, as its row keeps it: plain JSON. Where null stands instead, nothing has gone wrong yet. */
export interface RetryMemory {
  /** The task's own failures, those counted by rules included. */
  readonly failures: number;
  /** Attempts lost with their worker. */
  readonly lost: number;
  /** How often the coming attempt was put back uncounted; starts again with each attempt that ended. */
  readonly holds: number;
  /** Failures by the index of the rule in `policies` that matched them. */
  readonly rules: Readonly<Record<string, number>>;
  /** Epoch milliseconds; null until the first attempt has ended. */
  readonly firstStartedAt: number | null;
  /** The last wait that the formula gave after a failure; a `retryAfter`, a loss and a hold leave it alone. */
  readonly lastDelayMs: number | null;
  /** An attempt may have done its work though nobody said so (it timed out, was lost, was stopped). Kept where somebody may have to undo it. */
  readonly doubt?: true;
  /** What let an attempt start, where something had to. */
  readonly pass?: Pass;
}

/** Asked for and given, for one attempt; a place may also be waited for. */
export interface Pass {
  readonly attempt: number;
  /** The dependency's breaker was not closed, and yet let it through. */
  readonly released?: true;
  /** The handler of which it holds, or waits for, one of the places. */
  readonly place?: string;
}

export const NO_MEMORY: RetryMemory = { failures: 0, lost: 0, holds: 0, rules: {}, firstStartedAt: null, lastDelayMs: null };

/** Failures that no rule has counted: the policy's own counter. */
export function unruledFailures(memory: RetryMemory): number {
  return Object.values(memory.rules).reduce((left, count) => left - count, memory.failures);
}
