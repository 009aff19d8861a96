import type { ClaimId, Outcome } from '@reprise/core';
import { type Claimed, type ClaimStore, classifyError, type Renewal, type RunAddress } from '@reprise/ledger';
import type { Clock, Logger } from '@reprise/service';
import type { Heartbeat } from './heartbeat.js';

/** Why a handler is asked to stop. */
export type StopReason = 'cancelled' | 'lost' | 'timeout' | 'drain';

interface Held {
  readonly claimed: Claimed;
  readonly stop: (reason: StopReason) => void;
  outcome: Outcome | null;
  /** Not in its row yet. */
  heartbeat: Heartbeat | null;
  /** Monotonic milliseconds until which the lease is certain. */
  leaseUntilMs: number;
}

export interface LeaseKeeperOptions {
  readonly store: Pick<ClaimStore, 'renew'>;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A renewal found that the claim is no longer the current one, though nothing had come of the attempt yet. */
  readonly onReplaced: () => void;
}

/** What one renewal statement may touch: rows, and characters of outputs. */
const CHUNK = 1_000;
const CHUNK_CHARACTERS = 8_388_608;
/** Leases are looked at this often in their length, so that a renewal that fails is tried again while they still hold. */
const LOOKS_PER_LEASE = 6;
/** A third, less what timers are late by: else it would often be half. */
const RENEWED_AFTER = 0.3;

const renewalOf = ({ claimed, outcome, heartbeat }: Held): Renewal =>
  heartbeat === null || outcome !== null
    ? { ...claimed, outcome }
    : { ...claimed, outcome, heartbeat: heartbeat.under(claimed.fence) };

const charactersOf = ({ outcome }: Held): number => (outcome?.kind === 'succeeded' ? outcome.output.length : 0);

/** Outputs may be large, and a statement is one text. */
function chunksOf(due: readonly Held[]): readonly (readonly Held[])[] {
  const chunks: Held[][] = [];
  let room = 0;
  for (const held of due) {
    const last = chunks.at(-1);
    room -= charactersOf(held);
    if (last !== undefined && last.length < CHUNK && room >= 0) last.push(held);
    else {
      chunks.push([held]);
      room = CHUNK_CHARACTERS - charactersOf(held);
    }
  }
  return chunks;
}

const keyOf = (claim: ClaimId, address: RunAddress): string => `${claim} ${address.run} ${address.node} ${address.at}`;

/**
 * Keeps the leases of what runs here, renewed at a third of their length, and keeps them until the claim is seen gone: the scheduler
 * ends a claim when it acts on the outcome. An outcome that is known by the next renewal goes into the row with it, so that neither a
 * backlog nor a lost message makes finished work run again.
 */
export class LeaseKeeper {
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | null = null;
  private renewing: Promise<void> | null = null;
  /** Why nothing more is begun: who comes later is told at once. */
  private stoppingFor: StopReason | null = null;

  constructor(private readonly options: LeaseKeeperOptions) {}

  start(): void {
    this.timer = setInterval(() => this.look(), this.options.leaseMs / LOOKS_PER_LEASE);
  }

  /** `askedAtMs`: monotonic milliseconds before the claim was sent; the lease began later than that. */
  hold(claimed: Claimed, askedAtMs: number, stop: (reason: StopReason) => void): void {
    const leaseUntilMs = askedAtMs + this.options.leaseMs;
    this.held.set(keyOf(claimed.claim, claimed), { claimed, stop, outcome: null, heartbeat: null, leaseUntilMs });
    if (this.stoppingFor !== null) stop(this.stoppingFor);
  }

  /** Goes into the row with the next renewal, no sooner: the newest one counts. */
  beat(claimed: Claimed, heartbeat: Heartbeat): void {
    const held = this.held.get(keyOf(claimed.claim, claimed));
    if (held !== undefined && held.outcome === null) held.heartbeat = heartbeat;
  }

  /** The attempt is over; its lease is kept until the scheduler has acted on it. */
  finish(claimed: Claimed, outcome: Outcome): void {
    const held = this.held.get(keyOf(claimed.claim, claimed));
    if (held !== undefined) held.outcome = outcome;
  }

  /**
   * Writes the outcome into its row, before anybody hears of it: what must not run twice is then known to have ended, whatever becomes of
   * the message. A row that cannot be reached now is written by a later renewal.
   */
  async record(claimed: Claimed, outcome: Outcome): Promise<void> {
    const held = this.held.get(keyOf(claimed.claim, claimed));
    if (held === undefined) return;
    held.outcome = outcome;
    await this.renewChunk([held]).catch((error: unknown) =>
      this.options.logger.warn({ error, run: claimed.run }, 'an outcome could not be written into its row yet'),
    );
  }

  /** Lets the lease run out: what became of the attempt is in its row, or it is lost. */
  abandon(claimed: Claimed): void {
    this.held.delete(keyOf(claimed.claim, claimed));
  }

  interrupt(claim: ClaimId, address: RunAddress, reason: StopReason): void {
    this.held.get(keyOf(claim, address))?.stop(reason);
  }

  /** Also what is begun from now on. */
  stopAll(reason: StopReason): void {
    this.stoppingFor = reason;
    for (const held of this.held.values()) if (held.outcome === null) held.stop(reason);
  }

  get size(): number {
    return this.held.size;
  }

  /** Writes outcomes that may not have been acted on into their rows, and stops renewing: what still runs is lost when its lease ends. */
  async close(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.renewing;
    await this.renew([...this.held.values()].filter((held) => held.outcome !== null));
    this.held.clear();
  }

  private look(): void {
    const { clock, leaseMs, logger } = this.options;
    const now = clock.monotonicMs();
    // Nobody has been able to say whether these still hold: another executor may be at work. A statement that hangs must not hide it.
    for (const held of this.held.values()) if (held.outcome === null && now > held.leaseUntilMs) held.stop('lost');
    if (this.renewing !== null) return;
    const due = [...this.held.values()].filter((held) => now - held.leaseUntilMs + leaseMs >= leaseMs * RENEWED_AFTER);
    if (due.length === 0) return;
    this.renewing = this.renew(due)
      .catch((error: unknown) => logger.warn({ error }, 'leases could not be renewed, trying again'))
      .finally(() => {
        this.renewing = null;
      });
  }

  private async renew(due: readonly Held[]): Promise<void> {
    for (const chunk of chunksOf(due)) await this.renewApart(chunk);
  }

  /** One bad row never keeps the others from being renewed: it is renewed alone, without the outcome that nothing takes. */
  private async renewApart(due: readonly Held[]): Promise<void> {
    try {
      await this.renewChunk(due);
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      const middle = Math.ceil(due.length / 2);
      if (due.length > 1) {
        for (const half of [due.slice(0, middle), due.slice(middle)]) await this.renewApart(half);
        return;
      }
      this.options.logger.error({ error, run: due[0]?.claimed.run }, 'an outcome cannot be written into its row');
      await this.renewChunk(due, (held) => ({ ...held.claimed, outcome: null }));
    }
  }

  private async renewChunk(due: readonly Held[], renewal: (held: Held) => Renewal = renewalOf): Promise<void> {
    const { store, leaseMs, clock } = this.options;
    const now = clock.monotonicMs();
    const beats = due.map(({ heartbeat }) => heartbeat);
    const sent = due.map(renewal);
    const answers = await store.renew(sent, leaseMs);
    const alive = new Map(answers.map((answer) => [keyOf(answer.claim, answer.address), answer.cancelling]));
    for (const [index, held] of due.entries()) {
      const cancelling = alive.get(keyOf(held.claimed.claim, held.claimed));
      // One that came while this was on its way is for the next.
      if (held.heartbeat === beats[index]) held.heartbeat = null;
      this.settle(held, cancelling, sent[index]?.outcome !== null, now + leaseMs);
    }
  }

  /** `isRecorded`: the row has the outcome now; the watch reports it if the message did not, and nothing needs renewing any more. */
  private settle(held: Held, cancelling: boolean | undefined, isRecorded: boolean, leaseUntilMs: number): void {
    held.leaseUntilMs = leaseUntilMs;
    if (cancelling === undefined || isRecorded) this.held.delete(keyOf(held.claimed.claim, held.claimed));
    if (held.outcome !== null) return;
    if (cancelling === undefined) {
      this.options.onReplaced();
      held.stop('lost');
    } else if (cancelling) held.stop('cancelled');
  }
}
