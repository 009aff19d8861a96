import type { Json } from '@reprise/core';

/** A transaction in the ledger's own database, as a role that sees none of Reprise's tables. */
export interface Transaction {
  /** Parameterised SQL (`$1`, `$2`…). */
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number }>;
}

/** One execution of a task instance, as its handler sees it. */
export interface Attempt {
  readonly run: string;
  readonly workflow: string;
  /** Path of the task instance: `page[3].charge`. */
  readonly task: string;
  readonly call: string;
  /** Counted from 1. */
  readonly number: number;
  /** The same for every attempt of this task instance: hand it to other systems as their idempotency key. */
  readonly key: string;
  /** Grows with every claim: hand it to systems that can refuse a stale writer. */
  readonly fence: number;
  /** Epoch milliseconds after which the attempt counts as timed out. */
  readonly deadline: number;
  /** Aborted when the attempt is cancelled, times out, or has lost its lease. */
  readonly signal: AbortSignal;
  /** Tells that the handler is alive (`timeout.heartbeat`); `progress` is kept for people. */
  heartbeat(progress?: Json): void;
  /**
   * Runs `work` in one transaction with the attempt's outcome: what `work` writes and the result it returns commit together, or not at all.
   * What it returns is the attempt's output. Once an attempt. Throws TaskError `LOST` when a newer attempt has taken over.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** External effects are recorded in a later version of Reprise. Throws TaskError `NOT_SUPPORTED`. */
  effect<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
}
