import type { AttemptTicket, ClaimAnswer, GateRequestOf, InboxItem, RefusedAttempt } from '@reprise/contracts';
import { type CallWork, guardOf, parseJsonText, pathOf, type Workflow } from '@reprise/core';
import {
  byKey,
  type Claimed,
  type ClaimStore,
  fingerprintOf,
  type KeyVerdict,
  outcomeByKey,
  type RepeatClaims,
  type Ticket,
  type WorkflowCache,
} from '@reprise/ledger';
import { faultPoint, type Metrics } from '@reprise/service';
import type { TakeOutcomes } from './take-outcomes.js';
import { unfitFor } from './unfit-attempt.js';

export interface GrantClaimsOptions {
  readonly store: Pick<ClaimStore, 'claim' | 'claimKeyed'>;
  readonly repeats: Pick<RepeatClaims, 'repeat'>;
  readonly workflows: Pick<WorkflowCache, 'get'>;
  readonly outcomes: Pick<TakeOutcomes, 'take'>;
  readonly putBack: (items: readonly InboxItem[]) => Promise<void>;
  readonly leaseMs: number;
  readonly metrics: Metrics;
}

/** A ticket, and what the workflow itself says of it: a worker that drops a field of a ticket must not get a laxer attempt. */
interface Asked {
  readonly ticket: AttemptTicket;
  readonly workflow: Workflow;
  readonly work: CallWork;
}

interface Won {
  readonly claimed: Claimed;
  readonly verdict: KeyVerdict;
}

interface Claims {
  readonly won: readonly Won[];
  readonly inProgress: readonly Ticket[];
  /** Not claimed because their queue is paused: they stay good. */
  readonly paused: readonly AttemptTicket[];
}

const ENGINE_TIMEOUT_MS = 5 * 60_000;

/** The name of a worker among the executors: in rows of tasks, and in its own. */
export const executorOf = (worker: string): string => `amqp/${worker}`;

/**
 * Claims attempts for a worker, under the claim id it has chosen: the same request again, because the gate or its answer got lost, finds
 * what the first one claimed instead of losing it.
 */
export class GrantClaims {
  constructor(private readonly options: GrantClaimsOptions) {}

  async grant(request: GateRequestOf<'claim'>): Promise<readonly ClaimAnswer[]> {
    const asked = (await Promise.all(request.attempts.map((ticket) => this.read(ticket)))).filter((each) => each !== null);
    const { won, inProgress, paused } = await this.claim(asked, request);
    await faultPoint('gate.after-claim');
    const answers = new Map<AttemptTicket, ClaimAnswer>();
    for (const each of asked) {
      const mine = won.find(({ claimed }) => isFor(each.ticket, claimed, claimed.fence - 1));
      if (mine !== undefined) answers.set(each.ticket, await this.answer(each, mine));
      else if (inProgress.some((held) => isFor(each.ticket, held, held.fence)))
        answers.set(each.ticket, refusal(each.ticket, 'KEY_IN_PROGRESS', 'another attempt works under the same idempotency key'));
    }
    for (const ticket of paused)
      if (!answers.has(ticket))
        answers.set(ticket, refusal(ticket, 'PAUSED', 'its queue is paused: keep the ticket and ask again'));
    return request.attempts.map(
      (ticket) => answers.get(ticket) ?? refusal(ticket, 'GONE', 'the attempt is over, or somebody else has it'),
    );
  }

  private async read(ticket: AttemptTicket): Promise<Asked | null> {
    const workflow = await this.options.workflows.get(ticket.version);
    const work = workflow?.nodes[ticket.node]?.work;
    return workflow === null || work?.kind !== 'call' || work.call !== ticket.call ? null : { ticket, workflow, work };
  }

  /** Queue by queue: each may be paused. */
  private async claim(asked: readonly Asked[], request: GateRequestOf<'claim'>): Promise<Claims> {
    const all: Claims[] = [];
    for (const queue of new Set(asked.map(({ work }) => work.queue)))
      all.push(
        await this.claimFrom(
          queue,
          asked.filter(({ work }) => work.queue === queue),
          request,
        ),
      );
    return {
      won: all.flatMap(({ won }) => won),
      inProgress: all.flatMap(({ inProgress }) => inProgress),
      paused: all.flatMap(({ paused }) => paused),
    };
  }

  private async claimFrom(queue: string, asked: readonly Asked[], { claim, worker }: GateRequestOf<'claim'>): Promise<Claims> {
    const { store, repeats, leaseMs } = this.options;
    const executor = executorOf(worker);
    const withKey = asked.filter(hasKey).map(guarded);
    const keyed = await store.claimKeyed(withKey, claim, executor, leaseMs, fingerprintOf, queue);
    await this.holdBack(keyed.inProgress, asked);
    const plain = asked.filter((each) => !hasKey(each)).map(guarded);
    const { claimed, isPaused } = await store.claim(plain, claim, executor, leaseMs, queue);
    const isLeft = ({ ticket }: Asked) =>
      ![...claimed, ...keyed.claimed.map((each) => each.claimed)].some((row) => isFor(ticket, row, row.fence - 1)) &&
      !keyed.inProgress.some((each) => isFor(ticket, each, each.fence));
    const left = asked.filter(isLeft);
    const calls = left.map(({ ticket, work }) => ({ ...ticket, call: work.call }));
    const repeated = await repeats.repeat(calls, claim, leaseMs, fingerprintOf);
    const owned = claimed.map((each): Won => ({ claimed: each, verdict: { kind: 'owned' } }));
    const paused = isPaused || keyed.isPaused ? left.map(({ ticket }) => ticket) : [];
    this.count(queue, [...keyed.claimed, ...owned], paused.length > 0 ? 0 : left.length - repeated.length);
    return { won: [...repeated, ...keyed.claimed, ...owned], inProgress: keyed.inProgress, paused };
  }

  /** What is claimed now; what was claimed before, and is asked for again, is counted already. */
  private count(queue: string, claims: readonly Won[], gone: number): void {
    const { metrics } = this.options;
    if (gone > 0) metrics.counter('reprise_duplicates_suppressed_total', { kind: 'ticket' }).inc(gone);
    for (const { claimed, verdict } of claims) {
      const waited = Math.max(0, claimed.startedAt - claimed.queuedAt) / 1_000;
      if (verdict.kind === 'owned') metrics.histogram('reprise_queue_wait_seconds', { queue }).observe(waited);
    }
  }

  private async answer({ ticket, workflow, work }: Asked, { claimed, verdict }: Won): Promise<ClaimAnswer> {
    switch (verdict.kind) {
      case 'owned':
        break;
      case 'in-progress':
        return refusal(ticket, 'KEY_IN_PROGRESS', 'another attempt works under the same idempotency key');
      case 'answered':
      case 'conflict': {
        const outcome = outcomeByKey(work.call, claimed, verdict);
        await this.options.outcomes.take([{ ...claimed, version: ticket.version, outcome }]);
        const reason = outcome.kind === 'failed' ? outcome.error.message : 'the ledger has answered it by its idempotency key';
        return refusal(ticket, 'ANSWERED', reason);
      }
    }
    const unfit = unfitFor(work, claimed, ticket.effect);
    if (unfit === null) return this.granted({ ticket, workflow, work }, claimed);
    await this.options.outcomes.take([{ ...claimed, version: ticket.version, outcome: unfit }]);
    return refusal(ticket, 'NOT_FOR_WORKERS', unfit.error.message);
  }

  private granted({ ticket, workflow, work }: Asked, claimed: Claimed): ClaimAnswer {
    const { run, node, at, fence, claim, startedAt, totalUntil, queuedAt } = claimed;
    const path = pathOf(workflow, { node, at });
    const left = totalUntil === null ? Number.POSITIVE_INFINITY : Math.max(0, totalUntil - startedAt);
    const timeoutMs = Math.floor(Math.min(work.timeout.attemptMs ?? ENGINE_TIMEOUT_MS, left));
    return {
      kind: 'granted',
      run,
      version: ticket.version,
      workflow: workflow.name,
      node,
      at,
      path,
      call: work.call,
      attempt: ticket.attempt,
      fence,
      claim,
      key: `${run}/${path}`,
      input: parseJsonText(claimed.input),
      timeoutMs,
      deadline: Math.floor(startedAt) + timeoutMs,
      heartbeatMs: work.timeout.heartbeatMs,
      leaseMs: this.options.leaseMs,
      queuedAt,
    };
  }

  /** Uncounted: another attempt holds their key. */
  private async holdBack(tickets: readonly Ticket[], asked: readonly Asked[]): Promise<void> {
    const items = tickets.flatMap(({ run, node, at, fence }): InboxItem[] => {
      const found = asked.find(({ ticket }) => isFor(ticket, { run, node, at, fence }, fence));
      return found === undefined
        ? []
        : [{ kind: 'hold', run, version: found.ticket.version, node, at, fence, reason: 'KEY_IN_PROGRESS' }];
    });
    if (items.length > 0) await this.options.putBack(items);
  }
}

const hasKey = ({ work }: Asked): boolean => work.idempotencyKey !== null;

/** The worker may ask for a stricter effect than the document does, by the ticket it sends; never for a laxer one. */
const guarded = ({ ticket, work }: Asked) => ({
  ...ticket,
  call: work.call,
  guard: guardOf(work, { effect: ticket.effect ?? 'idempotent', onInDoubt: ticket.onInDoubt ?? null }),
});

/** A request may hold an old ticket of the same task beside the current one: the fence tells them apart. */
const isFor = (ticket: AttemptTicket, row: Ticket, fence: number): boolean => byKey(ticket, row) === 0 && ticket.fence === fence;

const refusal = ({ run, node, at }: AttemptTicket, code: RefusedAttempt['code'], reason: string): RefusedAttempt => ({
  kind: 'refused',
  run,
  node,
  at,
  code,
  reason,
});
