import type { AttemptTicket } from '@reprise/contracts';
import type { ClaimId, Fence, Json, JsonText, Outcome } from '@reprise/core';
import { toJsonText } from '@reprise/core';
import { type Claimed, fingerprintOf, type RunAddress, UserSqlError, untilAvailable } from '@reprise/ledger';
import { faultPoint, type Logger } from '@reprise/service';
import type { Attempt, AttemptLogger, EffectHandle, EffectOptions, Transaction } from '../handlers/attempt.js';
import type { HandlerDefinition } from '../handlers/handler.js';
import { TaskError } from '../handlers/task-error.js';
import { callHandler } from './call-handler.js';
import { Deadlines } from './deadlines.js';
import { failureOf, notTransactional, shownError } from './failure.js';
import { Heartbeat } from './heartbeat.js';
import type { LeaseKeeper, StopReason } from './lease-keeper.js';
import { idsOf } from './log-attempt.js';
import type { LogKeeper } from './log-keeper.js';
import { outputText } from './output-text.js';
import { type EffectRecords, RecordedEffects } from './recorded-effects.js';
import { SecretMask } from './redact-secrets.js';
import { resolveSecrets } from './resolve-secrets.js';
import { successOf } from './success.js';

/** Runs user code in a transaction that also records the outcome. */
export interface Transactions {
  run<Result>(
    address: RunAddress,
    fence: Fence,
    claim: ClaimId,
    work: (transaction: Transaction) => Promise<Result>,
    outcomeOf: (result: Result) => JsonText,
    limits?: { readonly signal?: AbortSignal },
  ): Promise<Result>;
}

export interface RunAttemptOptions {
  readonly effects: EffectRecords;
  /** An effect was answered from the ledger. */
  readonly onAnswered: () => void;
  /** A write was refused: a newer attempt has taken over. */
  readonly onReplaced: () => void;
  readonly readSecret: (name: string) => string | null;
  /** null: this executor has no login for it. */
  readonly transactions: Transactions | null;
  readonly maxOutputBytes: number;
  readonly logs: Pick<LogKeeper, 'open'>;
  readonly leases: Pick<LeaseKeeper, 'beat'>;
  readonly logger: Logger;
  /** Epoch milliseconds of this machine, for deadlines shown to handlers. */
  readonly now: () => number;
}

const ENGINE_TIMEOUT_MS = 5 * 60_000;

/** One attempt from its claim to its outcome. `settled` resolves when the handler has really let go, which may be later than the outcome. */
export class RunAttempt {
  private readonly controller = new AbortController();
  private stopped: StopReason | null = null;
  private committed: Outcome | null = null;
  private mask = new SecretMask([]);
  private secrets: readonly string[] = [];
  /** Made when the handler first asks for it. */
  private log: ReturnType<LogKeeper['open']> | null = null;
  private transacting = false;
  private recorded: RecordedEffects | null = null;
  private called = false;
  /** Whether the transaction has committed is not this process's to say. */
  private isForTheLedger = false;
  private settled: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ticket: AttemptTicket,
    private readonly claimed: Claimed,
    private readonly handler: HandlerDefinition,
    private readonly options: RunAttemptOptions,
  ) {}

  /** Asks the handler to stop. */
  readonly stop = (reason: StopReason): void => {
    if (this.stopped !== null) return;
    this.stopped = reason;
    this.controller.abort(new TaskError(reason === 'lost' ? 'LOST' : 'CANCELLED', `the attempt was asked to stop: ${reason}`));
  };

  whenSettled(): Promise<unknown> {
    return this.settled;
  }

  /** null: only the ledger knows (a commit without an answer, a newer attempt); nothing is reported, the row decides at the end of the lease. */
  async run(): Promise<Outcome | null> {
    const deadlines = new Deadlines(this.limits());
    try {
      const resolved = resolveSecrets(this.claimed.input, this.claimed.secrets, this.options.readSecret);
      this.secrets = resolved.values;
      this.mask = new SecretMask(resolved.values);
      const working = this.call(resolved.input, deadlines);
      this.settled = working.catch(() => undefined);
      return this.clean(await Promise.race([working, deadlines.expired.then((error) => this.timeOut(error))]));
    } catch (error) {
      return this.clean(this.endedBy(error));
    } finally {
      deadlines.clear();
      this.log?.end();
    }
  }

  private limits() {
    const { ticket, claimed, handler } = this;
    const attemptMs = ticket.timeoutMs ?? handler.attemptTimeoutMs ?? ENGINE_TIMEOUT_MS;
    const totalMs = claimed.totalUntil === null ? null : Math.max(0, claimed.totalUntil - claimed.startedAt);
    return { attemptMs, totalMs, heartbeatMs: ticket.heartbeatMs ?? handler.heartbeatTimeoutMs };
  }

  private async call(input: Json, deadlines: Deadlines): Promise<Outcome | null> {
    this.called = true;
    const result = await callHandler(this.handler, input, this.attempt(deadlines));
    if (this.committed !== null || this.isForTheLedger) return this.committed;
    if (this.ticket.effect === 'transactional') throw notTransactional(this.ticket.call);
    return successOf(this.ticket, this.handler.retry, this.outputOf(result));
  }

  private attempt(deadlines: Deadlines): Attempt {
    const { ticket, claimed } = this;
    const logger = () => this.logger();
    return {
      run: ticket.run,
      workflow: ticket.workflow,
      task: ticket.path,
      call: ticket.call,
      number: ticket.attempt,
      key: keyOf(ticket),
      fence: claimed.fence,
      deadline: this.options.now() + deadlines.attemptMs,
      signal: this.controller.signal,
      traceparent: ticket.traceparent ?? null,
      tracestate: ticket.tracestate ?? null,
      get log() {
        return logger();
      },
      heartbeat: (progress) => {
        deadlines.beat();
        this.options.leases.beat(claimed, new Heartbeat(this.options.now(), progress, this.mask));
      },
      transaction: (work) => this.transaction(work),
      effect: (name, work, options) => this.effect(name, work, options),
    };
  }

  /** Made when the first effect asks for it: most attempts have none. */
  private effect<Result>(name: string, work: (effect: EffectHandle) => Promise<Result>, options?: EffectOptions<Result>) {
    const { ticket, claimed, handler } = this;
    this.recorded ??= new RecordedEffects({
      holder: claimed,
      key: keyOf(ticket),
      attempt: ticket.attempt,
      store: this.options.effects,
      fingerprintOf,
      untilAvailable,
      faultPoint,
      policy: { task: ticket.onInDoubt ?? null, handler: handler.onInDoubt ?? null },
      signal: this.controller.signal,
      toStored: (result) => this.mask.json(this.outputOf(result)),
      toShown: (error) => this.mask.error(error),
      onReplaced: () => {
        this.options.onReplaced();
        this.stop('lost');
      },
      onAnswered: this.options.onAnswered,
    });
    return this.recorded.run(name, work, options);
  }

  private logger(): AttemptLogger {
    this.log ??= this.options.logs.open(this.claimed, this.ticket.attempt, SecretMask.ofLines(this.secrets));
    return this.log.log;
  }

  private async transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const { transactions } = this.options;
    if (transactions === null) {
      throw new TaskError('INVALID_INPUT', 'this executor has no login for ledger transactions: see REPRISE_SQL_URL', {
        retryable: false,
      });
    }
    if (this.committed !== null || this.transacting || this.isForTheLedger)
      throw new TaskError('INVALID_INPUT', 'an attempt has one transaction, and this one has had it', { retryable: false });
    this.transacting = true;
    let output: JsonText | null = null;
    const outcomeOf = (result: Result): JsonText => {
      output = this.mask.json(this.outputOf(result));
      return toJsonText({ ...successOf(this.ticket, this.handler.retry, output) });
    };
    const { run, node, at, fence, claim } = this.claimed;
    try {
      const result = await transactions.run({ run, node, at }, fence, claim, work, outcomeOf, { signal: this.controller.signal });
      this.committed = successOf(this.ticket, this.handler.retry, output ?? ('null' as JsonText));
      return result;
    } catch (error) {
      throw this.transactionFailure(error);
    } finally {
      this.transacting = false;
    }
  }

  /** Whatever the handler makes of it: what it cannot know it cannot report. */
  private transactionFailure(error: unknown): unknown {
    if (!(error instanceof UserSqlError) || (error.code !== 'STALE' && error.code !== 'AMBIGUOUS')) return error;
    this.isForTheLedger = true;
    if (error.code === 'AMBIGUOUS') return error;
    this.options.onReplaced();
    this.stop('lost');
    return new TaskError('LOST', error.message, { cause: error });
  }

  private readonly outputOf = (result: unknown): JsonText => outputText(result, this.options.maxOutputBytes);

  private timeOut(error: TaskError): Outcome | null {
    this.stop('timeout');
    return this.endedBy(error);
  }

  private endedBy(error: unknown): Outcome | null {
    if (this.committed !== null || this.isForTheLedger) return this.committed;
    switch (this.stopped) {
      // Told to stop because the lease is over: that is a loss, not a failure, and the row tells it by itself.
      case 'lost':
        return null;
      case 'cancelled':
      case 'drain':
        return { kind: 'cancelled' };
      case 'timeout':
      case null:
        return this.failed(error);
    }
  }

  private failed(error: unknown): Outcome {
    const failure = failureOf(error, this.handler.retry);
    const { logger } = this.options;
    if (failure.error.code === 'INTERNAL')
      logger.warn({ ...idsOf(this.ticket), error: shownError(error) }, 'a handler threw something that is no TaskError');
    return this.called ? failure : { ...failure, happened: false };
  }

  /** Secrets leave no trace in what is stored. */
  private clean(outcome: Outcome | null): Outcome | null {
    return outcome === null ? null : this.mask.outcome(outcome);
  }
}

const keyOf = ({ run, path }: AttemptTicket): string => `${run}/${path}`;
