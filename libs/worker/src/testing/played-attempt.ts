import { type CallWork, type Json, type Outcome, type PartialRetryPolicy, pathOf } from '@reprise/core';
import { failureOf } from '../attempt/failure.js';
import { outputText } from '../attempt/output-text.js';
import { type EffectRecords, RecordedEffects } from '../attempt/recorded-effects.js';
import { SecretMask } from '../attempt/redact-secrets.js';
import { resolveSecrets } from '../attempt/resolve-secrets.js';
import { successOf } from '../attempt/success.js';
import type { Attempt } from '../handlers/attempt.js';
import type { HandlerDefinition } from '../handlers/handler.js';
import type { AtWork, Labour } from './at-work.js';
import { IN_MEMORY, stopError } from './fake-attempt.js';
import { FakeLog } from './fake-log.js';
import { type FakeQuery, FakeTransactions } from './fake-transaction.js';
import type { Hands, Interpreter, SimulatedAttempt, SimulatedWork } from './interpreter/index.js';
import type { MockAttempt } from './mock.js';
import { TesterError } from './tester-error.js';
import { durationMs } from './virtual-time.js';

/** What plays an attempt: a mock, or a real handler with its declaration. */
export interface Player {
  readonly definition: HandlerDefinition | null;
  run(input: Json, attempt: MockAttempt): unknown;
}

/** What the attempts of a run have in common. */
export interface Stage {
  readonly run: () => Interpreter;
  readonly atWork: AtWork;
  readonly secrets: Readonly<Record<string, string>>;
  readonly query: FakeQuery | null;
  readonly maxOutputBytes: number;
}

/** A handler takes so long unless it says otherwise. */
const TAKES_MS = 10;

/** One attempt in the hands of the author's handler, from claim to outcome: what RunAttempt is in an executor, in virtual time. */
export class PlayedAttempt implements SimulatedWork {
  readonly attemptTimeoutMs: number | null;
  readonly heartbeatTimeoutMs: number | null;
  readonly retry: PartialRetryPolicy | null;
  private readonly controller = new AbortController();
  private readonly transactions: FakeTransactions;
  private readonly labour: Labour;
  private mask = new SecretMask([]);
  private readonly effects: RecordedEffects;
  private stopped: 'cancelled' | 'timeout' | 'killed' | 'frozen' | null = null;
  private endsAt = 0;
  private ignoresCancel = false;

  constructor(
    private readonly told: SimulatedAttempt,
    private readonly player: Player,
    private readonly stage: Stage,
  ) {
    this.attemptTimeoutMs = player.definition?.attemptTimeoutMs ?? null;
    this.heartbeatTimeoutMs = player.definition?.heartbeatTimeoutMs ?? null;
    this.retry = player.definition?.retry ?? null;
    const refuse = (error: TesterError) => stage.atWork.break(error);
    const commit = (result: unknown): boolean => this.commit(result);
    this.transactions = new FakeTransactions(stage.query, this.controller.signal, commit, refuse);
    this.effects = this.recordEffects();
    this.labour = stage.atWork.begin(`${told.path} (${told.call}, attempt ${told.attempt})`);
  }

  begin(hands: Hands): void {
    const { atWork, run } = this.stage;
    this.endsAt = run().now + TAKES_MS;
    const end = (outcome: () => Outcome): void => this.end(hands, outcome);
    let result: unknown;
    try {
      result = this.player.run(this.readInput(), this.attempt(hands));
    } catch (error) {
      atWork.forget(this.labour);
      return end(() => this.failed(error));
    }
    if (!isPromise(result)) {
      atWork.forget(this.labour);
      return end(() => this.succeeded(result));
    }
    result.then(
      (output) => atWork.comeBack(this.labour, () => end(() => this.succeeded(output))),
      (error: unknown) => atWork.comeBack(this.labour, () => end(() => this.failed(error))),
    );
  }

  stop(reason: 'cancelled' | 'timeout' | 'killed'): void {
    if (this.stopped !== null) return;
    this.stopped = reason;
    if (reason === 'killed') return this.stage.atWork.forget(this.labour);
    this.controller.abort(stopError(reason));
  }

  private readInput(): Json {
    const { told, stage } = this;
    const read = (name: string): string => {
      const secret = Object.hasOwn(stage.secrets, name) ? stage.secrets[name] : undefined;
      if (secret !== undefined) return secret;
      const error = `task "${told.path}" reads the secret ${name}, and this test has none; give it one: { secrets: { ${name}: '…' } }`;
      throw new TesterError('NOT_GIVEN', error);
    };
    const { input, values } = resolveSecrets(told.inputText, told.secrets, read);
    this.mask = new SecretMask(values);
    return input;
  }

  private attempt(hands: Hands): MockAttempt {
    const { told, controller } = this;
    const { run, workflow } = this.stage.run();
    return {
      run: run.id,
      workflow: workflow.name,
      task: pathOf(workflow, told),
      call: told.call,
      number: told.attempt,
      failures: told.failures,
      key: `${run.id}/${told.path}`,
      fence: told.fence,
      deadline: hands.deadline,
      traceparent: null,
      tracestate: null,
      signal: controller.signal,
      log: new FakeLog(),
      heartbeat: () => hands.beat(),
      transaction: (work) => this.transactions.run(work),
      effect: (name, work, options) => this.effects.run(name, work, options),
      sleep: (duration) => this.sleep(durationMs(duration)),
      takes: (duration, { ignoresCancel = false } = {}) => this.take(durationMs(duration), ignoresCancel),
      dies: () => {
        this.stop('killed');
        hands.die();
      },
      freezes: () => {
        this.stopped ??= 'frozen';
        this.stage.atWork.forget(this.labour);
        hands.die();
      },
    } satisfies MockAttempt & Attempt;
  }

  private recordEffects(): RecordedEffects {
    const { told, stage, player, controller } = this;
    const { run, workflow } = stage.run();
    return new RecordedEffects({
      holder: { run: run.id, ...this.holder },
      key: `${run.id}/${told.path}`,
      attempt: told.attempt,
      store: this.records(),
      policy: { task: callOf(workflow.nodes[told.node]?.work)?.onInDoubt ?? null, handler: player.definition?.onInDoubt ?? null },
      signal: controller.signal,
      toStored: (result) => this.mask.json(outputText(result, stage.maxOutputBytes)),
      toShown: (error) => this.mask.error(error),
      onReplaced: () => controller.abort(stopError('lost')),
      ...IN_MEMORY,
    });
  }

  private get holder() {
    const { node, at, fence, claim } = this.told;
    return { node, at, fence, claim };
  }

  /** A process that is gone writes nothing, and nobody in it hears anything. */
  private records(): EffectRecords {
    const { effects } = this.stage.run().ledger;
    const alive = async <Answer>(answer: () => Answer): Promise<Answer> =>
      this.stopped === 'killed' ? new Promise<never>(() => undefined) : answer();
    return {
      begin: (holder, intent) => alive(() => effects.begin(holder, intent, this.stage.run().now)),
      end: (holder, name, end) => alive(() => effects.end(holder, name, end)),
    };
  }

  /** What the transaction gives is in the row with it: no crash takes it back. */
  private commit(result: unknown): boolean {
    const { ledger } = this.stage.run();
    if (this.stopped === 'killed' || ledger.heldBy(this.holder) === null) return false;
    const output = this.mask.json(outputText(result, this.stage.maxOutputBytes));
    ledger.record(this.holder, successOf({ judged: true }, this.retry, output));
    return true;
  }

  private take(ms: number, ignoresCancel: boolean): void {
    this.endsAt = this.stage.run().now + ms;
    this.ignoresCancel = ignoresCancel;
  }

  private sleep(ms: number): Promise<void> {
    const { signal } = this.controller;
    if (signal.aborted) return Promise.reject(signal.reason);
    const { atWork, run } = this.stage;
    atWork.sleep(this.labour);
    return new Promise((resolve, reject) => {
      let isOver = false;
      const wake = (then: () => void) => (): void => {
        if (isOver || this.stopped === 'killed') return;
        isOver = true;
        atWork.wake(this.labour);
        then();
      };
      signal.addEventListener(
        'abort',
        wake(() => reject(signal.reason)),
        { once: true },
      );
      run().ringAt(run().now + ms, wake(resolve));
    });
  }

  private end(hands: Hands, outcome: () => Outcome): void {
    if (this.stopped === 'killed' || this.stopped === 'frozen') return;
    const afterMs = this.stopped === null ? Math.max(0, this.endsAt - this.stage.run().now) : 0;
    hands.answer(this.mask.outcome(outcome()), afterMs, this.ignoresCancel);
  }

  private succeeded(result: unknown): Outcome {
    const { committed } = this.transactions;
    try {
      const output = outputText(committed === null ? result : committed.result, this.stage.maxOutputBytes);
      return successOf({ judged: true }, this.retry, output);
    } catch (error) {
      return failureOf(error, this.retry);
    }
  }

  private failed(error: unknown): Outcome {
    if (error instanceof TesterError) this.stage.atWork.break(error);
    if (this.transactions.committed !== null) return this.succeeded(null);
    if (this.stopped === 'cancelled') return { kind: 'cancelled' };
    return failureOf(error, this.retry);
  }
}

const callOf = (work: { readonly kind: string } | undefined): CallWork | null =>
  work?.kind === 'call' ? (work as CallWork) : null;

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
