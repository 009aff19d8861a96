import {
  type Address,
  type ClaimId,
  claimId,
  type Fence,
  type Guard,
  type Input,
  keyOf,
  type Outcome,
  onceGuard,
  parseJsonText,
  pathOf,
  type TaskState,
} from '@reprise/core';
import type { AttemptFate } from './fates.js';
import type { SimulatedAnswer, SimulatedHandler } from './simulated-handler.js';
import type { Simulation } from './simulation.js';

/** A claimed attempt in the hands of a simulated executor. */
interface Held {
  readonly task: TaskState;
  readonly fate: AttemptFate;
  outcome: Outcome;
  readonly answersAt: number;
  readonly ignoresCancel: boolean;
  /** Its process is gone, or stopped: it renews nothing. */
  silent: boolean;
  answered: boolean;
}

/** One claim as it was made. */
export interface ClaimRecord {
  readonly key: string;
  readonly attempt: number;
  readonly fence: Fence;
  readonly at: number;
}

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
  ) {}

  take(ticket: Address & { readonly fence: Fence }): void {
    const { fates, queue, now } = this.simulation;
    const fate = fates.attempt();
    const { node, at, fence } = ticket;
    if (fate === 'held') return this.simulation.send({ kind: 'hold', node, at, fence, reason: 'NO_HANDLER' }, 1);
    const claim = claimId(`00000000-0000-4000-8000-${String(this.claims.length + 1).padStart(12, '0')}`);
    const held = this.claim(ticket, claim, fate);
    if (held === null || fate === 'dies') return;
    queue.push(held.answersAt, { kind: 'answer', claim });
    if (!held.silent) queue.push(now + this.leaseMs / 3, { kind: 'renew', claim });
  }

  private claim(ticket: Address & { readonly fence: Fence }, claim: ClaimId, fate: AttemptFate): Held | null {
    const { ledger, now } = this.simulation;
    const guard = this.guardOf(ticket.node);
    const task = ledger.claim(ticket, { now, claim, executor: 'executor-1', leaseMs: this.leaseMs, guard });
    if (task === null) return null;
    this.claims.push({ key: keyOf(task.node, task.at), attempt: task.attempt, fence: task.fence, at: now });
    const answer = this.askHandler(task);
    if (answer.guard !== undefined) ledger.guard(task, answer.guard);
    const limit = this.limitOf(task);
    const endsAt = now + (answer.afterMs ?? 10);
    const isLate = limit.at < endsAt;
    const held: Held = {
      task,
      fate,
      outcome: isLate ? timeout(limit.kind) : answer.outcome,
      answersAt: fate === 'freezes' ? now + this.leaseMs + FROZEN_MS : Math.max(now, isLate ? limit.at : endsAt),
      ignoresCancel: answer.ignoresCancel ?? false,
      silent: fate === 'dies' || fate === 'freezes',
      answered: false,
    };
    this.held.set(claim, held);
    return held;
  }

  private askHandler(task: TaskState): SimulatedAnswer {
    const { workflow } = this.simulation;
    const { work } = workflow.nodes[task.node]!;
    if (work.kind !== 'call' || task.input === null || task.input === 'stored') throw new Error('not a claimed call');
    return this.handler({
      node: task.node,
      at: task.at,
      path: pathOf(workflow, task),
      call: work.call,
      input: parseJsonText(task.input),
      attempt: task.attempt,
      failures: task.memory?.failures ?? 0,
      fence: task.fence,
    });
  }

  /** What the document says of its work, as an executor writes it with its claim. */
  private guardOf(node: number): Guard | null {
    const { work } = this.simulation.workflow.nodes[node]!;
    return work.kind === 'call' && work.effect === 'once' ? onceGuard(work.onInDoubt ?? 'park') : null;
  }

  private limitOf(task: TaskState): { at: number; kind: 'attempt' | 'total' } {
    const { workflow, now } = this.simulation;
    const { work } = workflow.nodes[task.node]!;
    const attemptAt = now + ((work.kind === 'call' ? work.timeout.attemptMs : null) ?? ENGINE_ATTEMPT_MS);
    const { totalUntil } = task;
    return totalUntil !== null && totalUntil < attemptAt ? { at: totalUntil, kind: 'total' } : { at: attemptAt, kind: 'attempt' };
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
    if (held === undefined || held.silent || held.answered || held.ignoresCancel) return;
    held.outcome = { kind: 'cancelled' };
    this.answer(claim);
  }

  answer(claim: ClaimId): void {
    const held = this.held.get(claim);
    if (held === undefined || held.answered) return;
    held.answered = true;
    const { ledger, now } = this.simulation;
    if (held.fate === 'records') {
      ledger.renew(held.task, now + this.leaseMs, held.outcome);
      held.silent = true;
      return;
    }
    const { node, at, fence } = held.task;
    const input: Input = { kind: 'outcome', node, at, fence, claim, outcome: held.outcome };
    const afterMs = held.fate === 'lateAnswer' ? this.leaseMs + LATE_MS : 1;
    this.simulation.send(input, afterMs);
    if (held.fate === 'answersTwice') this.simulation.send(input, afterMs + 1);
  }
}

const timeout = (kind: 'attempt' | 'total'): Outcome => ({
  kind: 'failed',
  error: { code: 'TIMEOUT', message: `the ${kind} timeout is over`, details: { kind } },
  retryable: null,
  retryAfterMs: null,
});
