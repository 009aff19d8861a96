import type { Delivery, Settlement } from '@reprise/broker';
import { type AttemptTicket, decodeAttempts, encodeAttempts } from '@reprise/contracts';
import { type ClaimId, claimId, type Guard, guardOf, type HoldReason } from '@reprise/core';
import {
  byKey,
  type Claimed,
  type ClaimStore,
  classifyError,
  fingerprintOf,
  type KeyVerdict,
  type Ticket,
} from '@reprise/ledger';
import { type Clock, faultPoint, type Logger } from '@reprise/service';
import type { HandlerRegistry } from '../handlers/handler-registry.js';
import type { OutcomeReporter } from './outcome-reporter.js';
import type { SlotPool } from './slot-pool.js';
import type { WatchLimits } from './watch-limits.js';

export interface IntakeOptions {
  readonly store: Pick<ClaimStore, 'claim' | 'claimKeyed'>;
  readonly registry: HandlerRegistry;
  readonly limits: Pick<WatchLimits, 'holdOf'>;
  readonly slots: Pick<SlotPool, 'take' | 'release'>;
  readonly reporter: Pick<OutcomeReporter, 'report'>;
  readonly executor: string;
  readonly queue: string;
  readonly leaseMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Runs a claimed attempt; releases its slot when the handler has settled. `askedAtMs`: monotonic, before the claim was sent. */
  readonly begin: (ticket: AttemptTicket, claimed: Claimed, verdict: KeyVerdict, askedAtMs: number) => void;
  /** A claim was refused because the queue is paused. */
  readonly onPaused: () => void;
  /** So many tickets began nothing: somebody has or had these attempts, or they may not begin any more. */
  readonly onGone: (tickets: number) => void;
  /** Messages that cannot be read or acted on are stored with the reason before they are acknowledged. */
  readonly bury: (delivery: Delivery, reason: string) => Promise<void>;
}

/** Claims up to this many in one statement. */
const MOST_CLAIMS = 100;

/** `paused`: nothing was claimed, and the tickets stay good. */
type Claimability = 'open' | 'paused';

/** Claims some tickets in one transaction and begins what it got. */
type Claiming = (tickets: readonly AttemptTicket[], begun: () => void) => Promise<Claimability>;

/**
 * Takes tickets from a queue: claims as many as there are free slots, in one statement, and lets the message go once its claim is
 * committed. From then on the lease protects the attempt, and no broker timeout can.
 */
export class AttemptIntake {
  /** A batch that the database did not answer comes again: what was buried stays buried once. */
  private readonly buried = new WeakSet<Delivery>();

  constructor(private readonly options: IntakeOptions) {}

  /**
   * Resolves when every ticket is claimed, put back, or found to be somebody else's: then the messages may be acknowledged.
   * With settlements when the slots were closed or the queue was paused meanwhile: what was not begun goes back to the queue.
   */
  async take(deliveries: readonly Delivery[]): Promise<Settlement[] | undefined> {
    const origins = new Map<AttemptTicket, Delivery>();
    for (const delivery of deliveries) for (const ticket of await this.read(delivery)) origins.set(ticket, delivery);
    let tickets = this.startable([...origins.keys()]);
    while (tickets.length > 0) {
      const granted = await this.options.slots.take(Math.min(tickets.length, MOST_CLAIMS));
      if (granted === 0 || (await this.fillSlots(tickets.slice(0, granted), origins)) === 'paused') {
        const unclaimed = new Set(tickets.map((ticket) => origins.get(ticket)));
        return deliveries.map((delivery) => (unclaimed.has(delivery) ? 'requeue' : 'ack'));
      }
      tickets = tickets.slice(granted);
    }
    return undefined;
  }

  private async read(delivery: Delivery): Promise<readonly AttemptTicket[]> {
    const decoded = decodeAttempts(delivery.body);
    if (decoded.kind === 'ok') return decoded.value;
    if (this.buried.has(delivery)) return [];
    await this.options.bury(delivery, decoded.reason);
    this.buried.add(delivery);
    return [];
  }

  /** What no handler here can do goes back uncounted: another executor may host it. So does what must not start yet. */
  private startable(tickets: readonly AttemptTicket[]): readonly AttemptTicket[] {
    return tickets.filter((ticket) => {
      const handler = this.options.registry.find(ticket.call);
      const hold = handler === null ? 'NO_HANDLER' : this.options.limits.holdOf(ticket, handler);
      if (hold === null) return true;
      this.putBack(ticket, hold);
      return false;
    });
  }

  /** One slot is taken for each of these tickets; whatever happens, those that begin nothing are given back, and only those. */
  private async fillSlots(
    tickets: readonly AttemptTicket[],
    origins: ReadonlyMap<AttemptTicket, Delivery>,
  ): Promise<Claimability> {
    let unused = tickets.length;
    const begun = (): void => {
      unused -= 1;
    };
    const keyed = tickets.filter((ticket) => ticket.keyed === true);
    const plain = tickets.filter((ticket) => ticket.keyed !== true);
    try {
      const claims = [
        await this.claim(plain, origins, begun, this.claimPlain),
        await this.claim(keyed, origins, begun, this.claimKeyed),
      ];
      if (!claims.includes('paused')) return 'open';
      this.options.onPaused();
      return 'paused';
    } finally {
      this.options.slots.release(unused);
    }
  }

  /** One bad row never blocks a queue: what is refused together is claimed one by one, and what is refused alone is left to the watch. */
  private async claim(
    tickets: readonly AttemptTicket[],
    origins: ReadonlyMap<AttemptTicket, Delivery>,
    begun: () => void,
    claiming: Claiming,
  ): Promise<Claimability> {
    const [first] = tickets;
    if (first === undefined) return 'open';
    try {
      await faultPoint('executor.before-claim');
      return await claiming(tickets, begun);
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      if (tickets.length > 1) {
        this.options.logger.error({ error, tickets: tickets.length }, 'claims were refused, trying them one by one');
        const claims: Claimability[] = [];
        for (const ticket of tickets) claims.push(await this.claim([ticket], origins, begun, claiming));
        return claims.includes('paused') ? 'paused' : 'open';
      }
      const reason = error instanceof Error ? error.message : String(error);
      this.options.logger.error({ error, run: first.run, task: first.path }, 'this attempt cannot be claimed');
      const origin = origins.get(first);
      if (origin !== undefined)
        await this.options.bury({ ...origin, body: Buffer.from(encodeAttempts([first])) }, `cannot be claimed: ${reason}`);
      return 'open';
    }
  }

  private readonly claimPlain: Claiming = async (tickets, begun) => {
    const { store, executor, leaseMs, queue } = this.options;
    const { claim, askedAtMs } = this.freshClaim();
    const { claimed, isPaused } = await store.claim(tickets.map(this.guarded), claim, executor, leaseMs, queue);
    if (claimed.length > 0) await faultPoint('executor.after-claim');
    for (const each of claimed) this.begin(tickets, each, { kind: 'owned' }, askedAtMs, begun);
    this.countGone(isPaused ? 0 : tickets.length - claimed.length);
    return isPaused ? 'paused' : 'open';
  };

  private readonly claimKeyed: Claiming = async (tickets, begun) => {
    const { store, executor, leaseMs, queue } = this.options;
    const { claim, askedAtMs } = this.freshClaim();
    const result = await store.claimKeyed(tickets.map(this.guarded), claim, executor, leaseMs, fingerprintOf, queue);
    if (result.claimed.length > 0) await faultPoint('executor.after-claim');
    for (const each of result.claimed) this.begin(tickets, each.claimed, each.verdict, askedAtMs, begun);
    for (const held of result.inProgress) {
      const ticket = tickets.find((each) => isFor(each, held, held.fence));
      if (ticket !== undefined) this.putBack(ticket, 'KEY_IN_PROGRESS');
    }
    this.countGone(result.isPaused ? 0 : tickets.length - result.claimed.length - result.inProgress.length);
    return result.isPaused ? 'paused' : 'open';
  };

  private countGone(tickets: number): void {
    if (tickets > 0) this.options.onGone(tickets);
  }

  private readonly guarded = (ticket: AttemptTicket): AttemptTicket & { readonly guard: Guard | null } => {
    const handler = this.options.registry.find(ticket.call);
    return { ...ticket, guard: handler === null ? null : guardOf(ticket, handler) };
  };

  private freshClaim(): { readonly claim: ClaimId; readonly askedAtMs: number } {
    const { clock } = this.options;
    return { claim: claimId(clock.uuid()), askedAtMs: clock.monotonicMs() };
  }

  private begin(
    tickets: readonly AttemptTicket[],
    claimed: Claimed,
    verdict: KeyVerdict,
    askedAtMs: number,
    begun: () => void,
  ): void {
    const ticket = tickets.find((each) => isFor(each, claimed, claimed.fence - 1));
    if (ticket === undefined) return;
    begun();
    this.options.begin(ticket, claimed, verdict, askedAtMs);
  }

  private putBack({ run, version, node, at, fence }: AttemptTicket, reason: HoldReason): void {
    this.options.reporter.report({ kind: 'hold', run, version, node, at, fence, reason });
  }
}

/** A batch may hold an old ticket of the same task beside the current one: the fence tells them apart. */
const isFor = (ticket: AttemptTicket, row: Ticket, fence: number): boolean => byKey(ticket, row) === 0 && ticket.fence === fence;
