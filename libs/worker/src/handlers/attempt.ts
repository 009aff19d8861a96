import type { Json, OnInDoubt } from '@reprise/core';

/** A transaction in the ledger's own database, as a role that sees none of Reprise's tables. */
export interface Transaction {
  /** Parameterised SQL (`$1`, `$2`…). */
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ readonly rows: readonly Record<string, unknown>[]; readonly rowCount: number }>;
}

/** What the work of an effect gets. */
export interface EffectHandle {
  /** The same for every attempt of this effect, and no other's: the idempotency key for the system it goes to. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** What the other system says of an effect; null, or `happened: null`: it does not know. */
export type Probed<Result> =
  | { readonly happened: true; readonly result: Result }
  | { readonly happened: false }
  | { readonly happened: null }
  | null;

export interface EffectOptions<Result> {
  /** What is asked for, where a later attempt might ask for something else under the same name: that is refused. */
  readonly request?: Json;
  /** When it may have happened and nobody knows; the task's own `onInDoubt` comes first. Default `probe` with a `probe`, else the handler's, else `park`. */
  readonly onInDoubt?: OnInDoubt;
  /** Asks the other system whether it happened. */
  readonly probe?: (effect: EffectHandle) => Promise<Probed<Result>>;
}

/**
 * What an attempt tells people. Kept with the run, in bounded size and as far as the process lives to write it; it never fails and is never
 * waited for. Secrets of the attempt are blotted out.
 */
export interface AttemptLogger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A line that a program run by the handler has printed. */
  output(stream: 'stdout' | 'stderr', line: string): void;
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
  /** W3C Trace Context of the attempt, to be sent along with what it asks of others; null: its run has no trace. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
  readonly log: AttemptLogger;
  /**
   * Tells that the handler is alive (`timeout.heartbeat`), and shows `progress` with the running attempt: the newest one, read when the lease
   * is next renewed. Best effort and cheap; never throws. At most 4,096 characters of JSON.
   */
  heartbeat(progress?: Json): void;
  /**
   * Runs `work` in one transaction with the attempt's outcome: what `work` writes and the result it returns commit together, or not at all.
   * What it returns is the attempt's output. Once an attempt. Throws TaskError `LOST` when a newer attempt has taken over.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /**
   * Runs `work`, which changes something outside Reprise, once: that it begins is in the ledger before it begins, its result (JSON) after
   * it. A later attempt gets the recorded result and does not run it. What crashed in between, or threw without saying that nothing
   * happened (`happened: false`), is in doubt: `onInDoubt` says what follows. `name` stands for one request of this task instance.
   * Throws TaskError `IN_DOUBT`, `LOST` when a newer attempt has taken over, `IDEMPOTENCY_CONFLICT` for another `request`.
   */
  effect<Result>(name: string, work: (effect: EffectHandle) => Promise<Result>, options?: EffectOptions<Result>): Promise<Result>;
}
