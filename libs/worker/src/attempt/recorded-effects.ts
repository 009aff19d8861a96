import {
  type ClaimId,
  type Json,
  type JsonText,
  type OnInDoubt,
  parseJsonText,
  type TaskError as Said,
  toJsonText,
} from '@reprise/core';
import type { BegunEffect, EffectEnd, EffectHolder, EffectIntent, EffectState, EffectStore } from '@reprise/ledger';
import type { EffectHandle, EffectOptions } from '../handlers/attempt.js';
import { TaskError } from '../handlers/task-error.js';
import { failureOf } from './failure.js';
import { neverHappened } from './never-happened.js';

export type { BegunEffect, EffectEnd, EffectHolder, EffectIntent, EffectState };

/** Where effects are recorded. */
export type EffectRecords = Pick<EffectStore, 'begin' | 'end'>;

/** Loads neither a driver nor a service: tests use it too, on records in memory. */
export interface RecordedEffectsOptions {
  readonly holder: EffectHolder & { readonly claim: ClaimId };
  /** `attempt.key`, which the keys of its effects begin with. */
  readonly key: string;
  readonly attempt: number;
  readonly store: EffectRecords;
  /** What makes two requests the same. */
  readonly fingerprintOf: (request: JsonText) => string;
  /** Asks again while the records cannot be reached. */
  readonly untilAvailable: <Result>(ask: () => Promise<Result>) => Promise<Result>;
  /** Where tests of crashes let the process die. */
  readonly faultPoint: (name: string) => void | Promise<void>;
  /** What the task's document says, then its handler. */
  readonly policy: { readonly task: OnInDoubt | null; readonly handler: OnInDoubt | null };
  readonly signal: AbortSignal;
  /** Size limit and secrets. @throws TaskError for a result that cannot be kept */
  readonly toStored: (result: unknown) => JsonText;
  /** Secrets leave no trace. */
  readonly toShown: (error: Said) => Said;
  /** The claim is gone: somebody newer owns the task. */
  readonly onReplaced: () => void;
  readonly onAnswered: () => void;
}

const LONGEST_NAME = 200;

/**
 * External effects of one attempt: the intent is in the ledger before the work begins, the result after it. Between the two the effect is
 * in doubt, and stays so until somebody knows: a crash needs no code to leave it that way.
 */
export class RecordedEffects {
  private readonly busy = new Set<string>();
  /** How effects have ended of which the ledger may not know it. */
  private readonly unrecorded = new Map<string, EffectEnd>();
  private lastTurn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RecordedEffectsOptions) {}

  async run<Result>(
    name: string,
    work: (effect: EffectHandle) => Promise<Result>,
    asked: EffectOptions<Result> = {},
  ): Promise<Result> {
    refuseName(name);
    if (this.busy.has(name)) throw invalid(`effect "${name}" is under way already in this attempt`);
    this.options.signal.throwIfAborted();
    this.busy.add(name);
    try {
      return await this.once(name, work, asked);
    } finally {
      this.busy.delete(name);
    }
  }

  private async once<Result>(
    name: string,
    work: (effect: EffectHandle) => Promise<Result>,
    asked: EffectOptions<Result>,
  ): Promise<Result> {
    const { task, handler } = this.options.policy;
    const policy = task ?? asked.onInDoubt ?? handler ?? (asked.probe === undefined ? 'park' : 'probe');
    const begin = (again: boolean): Promise<BegunEffect> => this.begin(name, policy, asked.request, again);
    // The row still says that it was only begun, by this very attempt: it would be begun once more, and happen twice.
    const unrecorded = this.unrecorded.get(name);
    if (unrecorded !== undefined) await this.end(name, unrecorded);
    await this.options.faultPoint('executor.before-intent');
    let begun = await begin(policy === 'retry');
    if (begun.kind === 'in-doubt') {
      const found = policy === 'probe' ? await this.probe(name, asked) : null;
      if (found === null) throw this.doubtful(name, policy, begun);
      begun = await begin(true);
      if (begun.kind === 'begun' && found.happened) return this.commit(name, found.result);
    }
    switch (begun.kind) {
      case 'begun':
        return this.work(name, work);
      case 'committed':
        this.options.onAnswered();
        return parseJsonText(begun.result) as Result;
      case 'differs':
        throw conflict(name);
      case 'stale':
        throw this.replaced();
      case 'in-doubt':
        throw this.doubtful(name, policy, begun);
    }
  }

  private begin(name: string, policy: OnInDoubt, request: Json | undefined, again: boolean): Promise<BegunEffect> {
    const { store, holder, attempt } = this.options;
    const fingerprint = request === undefined ? null : this.options.fingerprintOf(toJsonText(request));
    const intent = { name, key: this.keyOf(name), fingerprint, policy, attempt, again };
    return this.inTurn(() => store.begin(holder, intent));
  }

  private async work<Result>(name: string, work: (effect: EffectHandle) => Promise<Result>): Promise<Result> {
    const { signal } = this.options;
    await this.options.faultPoint('executor.after-intent');
    if (signal.aborted) {
      await this.end(name, { state: 'void', error: said(signal.reason) });
      throw signal.reason;
    }
    let result: Result;
    try {
      result = await work({ key: this.keyOf(name), signal });
    } catch (error) {
      await this.end(name, { state: neverHappened(error) ? 'void' : 'in_doubt', error: this.options.toShown(said(error)) });
      throw error;
    }
    await this.options.faultPoint('executor.after-effect');
    return this.commit(name, result);
  }

  private async commit<Result>(name: string, result: Result): Promise<Result> {
    let stored: JsonText;
    try {
      stored = this.options.toStored(result);
    } catch (error) {
      // It has happened, and nobody could be told with what result: that is for a person.
      await this.end(name, { state: 'in_doubt', error: this.options.toShown(said(error)) });
      throw error;
    }
    await this.end(name, { state: 'committed', result: stored });
    await this.options.faultPoint('executor.after-effect-commit');
    return result;
  }

  private async end(name: string, end: EffectEnd): Promise<void> {
    const { store, holder } = this.options;
    this.unrecorded.set(name, end);
    if (!(await this.inTurn(() => store.end(holder, name, end)))) throw this.replaced();
    this.unrecorded.delete(name);
  }

  /**
   * Beginnings and ends one after the other, whatever the work does meanwhile. Each says in the task's row whether anything is open, and sees
   * the other effects as they were before it waited for that row: of two that end together, both would leave the other one open.
   */
  private inTurn<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const turn = this.lastTurn.then(() => this.options.untilAvailable(ask));
    this.lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Asks the other system. null: it does not know either. */
  private async probe<Result>(
    name: string,
    { probe }: EffectOptions<Result>,
  ): Promise<{ readonly happened: true; readonly result: Result } | { readonly happened: false } | null> {
    if (probe === undefined) return null;
    const found = await probe({ key: this.keyOf(name), signal: this.options.signal });
    return found === null || found.happened === null ? null : found;
  }

  private keyOf(name: string): string {
    return `${this.options.key}/${name}`;
  }

  private doubtful(name: string, policy: OnInDoubt, { attempt, error }: Extract<BegunEffect, { kind: 'in-doubt' }>): TaskError {
    const why = error === null ? 'that attempt ended without saying so' : `${error.code}: ${error.message}`;
    const details = { effect: name, key: this.keyOf(name), attempt, onInDoubt: policy, cause: error as Json };
    return new TaskError('IN_DOUBT', `effect "${name}" may have happened in attempt ${attempt}: ${why}`, { details });
  }

  private replaced(): TaskError {
    this.options.onReplaced();
    return new TaskError('LOST', 'a newer attempt has taken over: this one is not heard any more');
  }
}

const said = (error: unknown): Said => failureOf(error, null).error;

const invalid = (message: string): TaskError => new TaskError('INVALID_INPUT', message, { retryable: false, happened: false });

function refuseName(name: string): void {
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME || !name.isWellFormed() || name.includes('\0'))
    throw invalid(`an effect needs a name of 1 to ${LONGEST_NAME} characters`);
}

const conflict = (name: string): TaskError =>
  new TaskError(
    'IDEMPOTENCY_CONFLICT',
    `effect "${name}" was begun for another request: a name stands for one request of a task`,
    {
      retryable: false,
      happened: false,
    },
  );
