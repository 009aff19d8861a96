import {
  type Address,
  type CallWork,
  type ClaimId,
  claimId,
  dependencyOf,
  type Fence,
  type Guard,
  guardOf,
  type HoldReason,
  type Input,
  type JsonText,
  keyOf,
  type Outcome,
  parseJsonText,
  pathOf,
  type TaskState,
} from '@reprise/core';
import type { AttemptFate } from './fates.js';
import { LawBroken } from './law-broken.js';
import { Silence } from './silence.js';
import type { SimulatedAnswer, SimulatedHandler, SimulatedWork } from './simulated-handler.js';
import type { Simulation } from './simulation.js';

/** A claimed attempt in the hands of a simulated executor. */
interface Held {
  readonly task: TaskState;
  readonly fate: AttemptFate;
  /** null: nobody knows yet; whoever does the work says it. */
  outcome: Outcome | null;
  ignoresCancel: boolean;
  readonly work: SimulatedWork | null;
  /** Its process is gone, or stopped: it renews nothing. */
  silent: boolean;
  answered: boolean;
}

/** How long an attempt may take. */
interface Limit {
  readonly at: number;
  readonly kind: 'attempt' | 'total';
}

/** One claim as it was made. */
export interface ClaimRecord {
  readonly key: string;
  readonly attempt: number;
  readonly fence: Fence;
  readonly at: number;
}

/** By the document alone. */
const guardSaid = (work: CallWork): Guard | null => guardOf(work, { effect: 'idempotent' });

const ENGINE_ATTEMPT_MS = 300_000;
const LATE_MS = 3_000;
const FROZEN_MS = 20_000;

/** Claims tickets and runs handlers, as the executor does: claim, renew, answer, keep the outcome until it has been heard. */
export class SimulatedExecutor {
  /** Every claim there was, for the laws about attempts. */
  readonly claims: ClaimRecord[] = [];
  private readonly held = new Map<ClaimId, Held>();

  constructor(
    private readonly simulation: Simulation,
    private readonly handler: SimulatedHandler,
    private readonly leaseMs: number,
    /** What an executor writes with its claim. */
    private readonly guardOf: (work: CallWork) => Guard | null = guardSaid,
  ) {}

  take(ticket: Address & { readonly fence: Fence }): void {
    const { fates, queue, now, ledger } = this.simulation;
    const fate = fates.attempt();
    const { node, at, fence } = ticket;
    const hold = fate === 'held' ? 'NO_HANDLER' : this.holdOf(ticket);
    if (hold !== null) return this.simulation.send({ kind: 'hold', node, at, fence, reason: hold }, 1);
    const claim = claimId(`00000000-0000-4000-8000-${String(this.claims.length + 1).padStart(12, '0')}`);
    const guard = this.guardOf(this.workOf(ticket.node));
    const task = ledger.claim(ticket, { now, claim, executor: 'executor-1', leaseMs: this.leaseMs, guard });
    if (task === null) return;
    this.claims.push({ key: keyOf(task.node, task.at), attempt: task.attempt, fence: task.fence, at: now });
    const answer = this.askHandler(task, claim);
    if (!('begin' in answer) && answer.guard !== undefined) ledger.guard(task, answer.guard);
    if (fate === 'dies') return;
    const silent = fate === 'freezes';
    const work = 'begin' in answer ? answer : null;
    this.held.set(claim, { task, fate, outcome: null, ignoresCancel: false, work, silent, answered: false });
    if ('begin' in answer) this.begin(claim, task, answer);
    else {
      const { outcome, afterMs = 10, ignoresCancel = false } = answer;
      this.schedule(claim, outcome, now + afterMs, this.limitOf(task, null), ignoresCancel);
    }
    if (!silent) queue.push(now + this.leaseMs / 3, { kind: 'renew', claim });
  }

  /** As the executor's own WatchLimits: why an attempt must not start that the ledger has not let start. */
  private holdOf(ticket: Address & { readonly fence: Fence }): HoldReason | null {
    const { guards, ledger } = this.simulation;
    const task = ledger.tasks.get(keyOf(ticket.node, ticket.at));
    if (guards === null || task?.fence !== ticket.fence || task.memory?.pass?.attempt === task.attempt) return null;
    const work = this.workOf(ticket.node);
    const limits = guards.limitsOf(work.call);
    if (limits !== null) return limits.concurrency === null ? 'RATE_LIMIT' : 'CONCURRENCY';
    const dependency = dependencyOf(work, guards.dependencies);
    return dependency !== null && guards.isTroubled(dependency) ? 'BREAKER_OPEN' : null;
  }

  private begin(claim: ClaimId, task: TaskState, work: SimulatedWork): void {
    const limit = this.limitOf(task, work);
    this.simulation.ringAt(limit.at, () => this.timeOut(claim, limit.kind));
    const silence = new Silence(this.simulation, this.heartbeatOf(task, work), () => this.timeOut(claim, 'heartbeat'));
    work.begin({
      deadline: limit.at,
      answer: (outcome, afterMs, ignoresCancel) => {
        silence.end();
        this.schedule(claim, outcome, this.simulation.now + afterMs, limit, ignoresCancel);
      },
      beat: () => silence.beat(),
      die: () => void this.held.delete(claim),
    });
  }

  /** The first word counts; it is heard at `endsAt`, or the time is up before that. */
  private schedule(claim: ClaimId, outcome: Outcome, endsAt: number, limit: Limit, ignoresCancel: boolean): void {
    const held = this.held.get(claim);
    if (held === undefined || held.answered || held.outcome !== null) return;
    const { queue, now } = this.simulation;
    const isLate = limit.at < endsAt;
    held.outcome = isLate ? timeout(limit.kind, held.work) : outcome;
    held.ignoresCancel = ignoresCancel;
    const at = held.fate === 'freezes' ? now + this.leaseMs + FROZEN_MS : Math.max(now, isLate ? limit.at : endsAt);
    queue.push(at, { kind: 'answer', claim });
  }

  private timeOut(claim: ClaimId, kind: 'attempt' | 'total' | 'heartbeat'): void {
    const held = this.held.get(claim);
    if (held === undefined || held.answered || held.outcome !== null) return;
    held.outcome = timeout(kind, held.work);
    held.work?.stop('timeout');
    this.answer(claim);
  }

  /** The process is killed: whatever it holds is never heard of again. */
  kill(): void {
    for (const { work, answered } of this.held.values()) if (!answered) work?.stop('killed');
    this.held.clear();
  }

  private askHandler(task: TaskState, claim: ClaimId): SimulatedAnswer | SimulatedWork {
    const { workflow } = this.simulation;
    const inputText = inputOf(task);
    return this.handler({
      node: task.node,
      at: task.at,
      path: pathOf(workflow, task),
      call: this.workOf(task.node).call,
      input: parseJsonText(inputText),
      inputText,
      attempt: task.attempt,
      failures: task.memory?.failures ?? 0,
      fence: task.fence,
      claim,
      secrets: task.secrets,
    });
  }

  private workOf(node: number): CallWork {
    const work = this.simulation.workflow.nodes[node]?.work;
    if (work?.kind !== 'call') throw new LawBroken('what is claimed is not a call');
    return work;
  }

  private limitOf(task: TaskState, work: SimulatedWork | null): Limit {
    const { attemptMs } = this.workOf(task.node).timeout;
    const attemptAt = this.simulation.now + (attemptMs ?? work?.attemptTimeoutMs ?? ENGINE_ATTEMPT_MS);
    const { totalUntil } = task;
    return totalUntil !== null && totalUntil < attemptAt ? { at: totalUntil, kind: 'total' } : { at: attemptAt, kind: 'attempt' };
  }

  private heartbeatOf(task: TaskState, work: SimulatedWork): number | null {
    return this.workOf(task.node).timeout.heartbeatMs ?? work.heartbeatTimeoutMs;
  }

  /** The lease is renewed until the claim is seen gone; the first renewal after the handler has returned leaves its outcome. */
  renew(claim: ClaimId): void {
    const held = this.held.get(claim);
    if (held === undefined || held.silent) return;
    const { ledger, queue, now } = this.simulation;
    const renewed = ledger.renew(held.task, now + this.leaseMs, held.answered ? held.outcome : null);
    if (renewed === 'refused') return void this.held.delete(claim);
    queue.push(now + this.leaseMs / 3, { kind: 'renew', claim });
    if (renewed === 'cancelling') this.interrupt(claim);
  }

  interrupt(claim: ClaimId): void {
    const held = this.held.get(claim);
    if (held === undefined || held.silent || held.answered) return;
    // It is at work: how it ends is its own to say.
    if (held.outcome === null) return held.work?.stop('cancelled');
    if (held.ignoresCancel) return;
    held.outcome = { kind: 'cancelled' };
    this.answer(claim);
  }

  answer(claim: ClaimId): void {
    const held = this.held.get(claim);
    if (held === undefined || held.answered || held.outcome === null) return;
    const { outcome } = held;
    held.answered = true;
    const { ledger, now } = this.simulation;
    if (held.fate === 'records') {
      ledger.renew(held.task, now + this.leaseMs, outcome);
      held.silent = true;
      return;
    }
    const { node, at, fence } = held.task;
    const input: Input = { kind: 'outcome', node, at, fence, claim, outcome };
    const afterMs = held.fate === 'lateAnswer' ? this.leaseMs + LATE_MS : 1;
    this.simulation.send(input, afterMs);
    if (held.fate === 'answersTwice') this.simulation.send(input, afterMs + 1);
  }
}

function inputOf({ input }: TaskState): JsonText {
  if (input === null || input === 'stored') throw new LawBroken('a claimed call without an input');
  return input;
}

const timeout = (kind: 'attempt' | 'total' | 'heartbeat', work: SimulatedWork | null): Outcome => ({
  kind: 'failed',
  error: { code: 'TIMEOUT', message: `the ${kind} timeout is over`, details: { kind } },
  retryable: null,
  retryAfterMs: null,
  ...(work === null || work.retry === null ? {} : { handlerRetry: work.retry }),
});
