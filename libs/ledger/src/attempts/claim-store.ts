import type { ClaimId, Fence, JsonText, Outcome, RunId } from '@reprise/core';
import { type Database } from '../connection/database.js';
import { classifyError } from '../connection/ledger-error.js';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { untilAvailable } from '../connection/until-available.js';
import type { RunAddress } from '../runs/run-address.js';
import { byKey, columns, inOrder, type Ticket } from '../runs/ticket.js';
import { type Keyed, type KeyedTicket, type KeyVerdict, takeKeys } from './call-keys.js';
import type { Claimed } from './claimed.js';

export interface Claims {
  readonly claimed: readonly Claimed[];
  /** Nothing was claimed, because the queue is paused: the tickets stay good. */
  readonly isPaused: boolean;
}

export interface KeyedClaims extends Pick<Claims, 'isPaused'> {
  readonly claimed: readonly { readonly claimed: Claimed; readonly verdict: Exclude<KeyVerdict, { kind: 'in-progress' }> }[];
  /** Someone else is at it: these stay unclaimed. */
  readonly inProgress: readonly Ticket[];
}

export interface Renewal extends Ticket {
  readonly claim: ClaimId;
  /** Known but perhaps not acted on yet; null: the handler still works. */
  readonly outcome: Outcome | null;
  /** What its handler has said of itself: `{ fence, at, progress }`; absent: nothing new. */
  readonly heartbeat?: JsonText;
}

/** Without a run: nothing was claimed. */
type ClaimAnswer = (ClaimRow | { readonly run_id: null }) & Row & { readonly paused: boolean };

export interface Renewed {
  readonly claim: ClaimId;
  readonly address: RunAddress;
  readonly cancelling: boolean;
}

export interface ClaimRow extends Row {
  readonly run_id: RunId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
  readonly input: JsonText | null;
  readonly secrets: JsonText | null;
  readonly idempotency_key: string | null;
  readonly queued_at: number;
  readonly total_until: number | null;
  readonly now: number;
}

/** Claims, leases and keys: the executor's side of the ledger. */
export class ClaimStore {
  constructor(private readonly database: Database) {}

  /** One statement, one commit. A commit whose answer was lost is looked up by its claim, never assumed; where it claimed nothing, its error is the answer. */
  async claim(tickets: readonly Ticket[], claim: ClaimId, executor: string, leaseMs: number, queue: string): Promise<Claims> {
    const sorted = inOrder(tickets);
    try {
      return await this.claimIn(this.database, sorted, [claim, executor, leaseMs, queue]);
    } catch (error) {
      if (classifyError(error) !== 'unavailable') throw error;
      const held = await this.heldBy(claim, sorted);
      // Told that these are somebody else's, the caller would acknowledge tickets that nobody has taken.
      if (held.length === 0) throw error;
      return { claimed: held, isPaused: false };
    }
  }

  /** Looks at the business keys before it claims, all in one transaction; whether that was committed, its claim tells here too. */
  async claimKeyed(
    tickets: readonly KeyedTicket[],
    claim: ClaimId,
    executor: string,
    leaseMs: number,
    fingerprint: (input: JsonText) => string,
    queue: string,
  ): Promise<KeyedClaims> {
    if (tickets.length === 0) return { claimed: [], inProgress: [], isPaused: false };
    const sorted = inOrder(tickets);
    const tried: KeyedClaims[] = [];
    try {
      return await this.database.transaction(async (session) => {
        const keyed = await lockReady(session, sorted, fingerprint);
        const claims = await this.claimByKeys(session, keyed, [claim, executor, leaseMs, queue]);
        tried.push(claims);
        return claims;
      });
    } catch (error) {
      if (error instanceof QueueIsPaused) return { claimed: [], inProgress: [], isPaused: true };
      // Without those: the keys that they had may be others' of this very batch.
      if (error instanceof Unbegun) return this.claimKeyed(error.without(sorted), claim, executor, leaseMs, fingerprint, queue);
      const [last] = tried.slice(-1);
      if (classifyError(error) !== 'unavailable' || last === undefined) throw error;
      const claimed = await this.stillHeld(last, claim);
      if (claimed.length === 0) throw error;
      return { ...last, claimed };
    }
  }

  /** Which claims still hold, and which of them are asked to stop. A claim that is not among the answers is gone. */
  async renew(renewals: readonly Renewal[], leaseMs: number): Promise<readonly Renewed[]> {
    return renewIn(this.database, renewals, leaseMs);
  }

  private async claimByKeys(
    session: Session,
    keyed: readonly Keyed[],
    by: readonly [claim: ClaimId, executor: string, leaseMs: number, queue: string],
  ): Promise<KeyedClaims> {
    const verdicts = await takeKeys(session, keyed);
    const mine = keyed.filter((_, index) => verdicts[index]?.kind !== 'in-progress');
    const { claimed: rows, isPaused } = await this.claimIn(session, mine, by);
    // Keys must not be taken for attempts that do not begin.
    if (isPaused) throw new QueueIsPaused();
    const unbegun = keyed.filter(
      (each, index) => verdicts[index]?.kind === 'owned' && !rows.some((row) => byKey(each, row) === 0),
    );
    if (unbegun.length > 0) throw new Unbegun(unbegun);
    const claimed = rows.flatMap((row) => {
      const index = keyed.findIndex((each) => byKey(each, row) === 0);
      const verdict = verdicts[index];
      return verdict === undefined || verdict.kind === 'in-progress' ? [] : [{ claimed: row, verdict }];
    });
    const inProgress = keyed.filter((_, index) => verdicts[index]?.kind === 'in-progress');
    return { claimed, inProgress, isPaused };
  }

  /** What of a transaction without an answer there is: all of it, but for what has come to an end or to somebody else since. */
  private async stillHeld({ claimed }: KeyedClaims, claim: ClaimId): Promise<KeyedClaims['claimed']> {
    const asked = inOrder(claimed.map((each) => each.claimed));
    const held = asked.length === 0 ? [] : await this.heldBy(claim, asked);
    return claimed.flatMap(({ claimed: row, verdict }) => {
      const now = held.find((each) => byKey(each, row) === 0 && each.fence === row.fence);
      return now === undefined ? [] : [{ claimed: now, verdict }];
    });
  }

  /** Each once, though an old ticket of its task is asked about too: its handler would run twice. */
  private async heldBy(claim: ClaimId, sorted: readonly Ticket[]): Promise<readonly Claimed[]> {
    const [runs, nodes, ats] = columns(sorted);
    const rows = await untilAvailable(() => this.database.run<ClaimRow>(statement('find-claims'), [runs, nodes, ats, claim]));
    const held = rows.map((row) => claimedOf(row, claim));
    return held.filter((each, index) => held.findIndex((other) => byKey(other, each) === 0) === index);
  }

  private async claimIn(
    session: Session,
    sorted: readonly Ticket[],
    by: readonly [claim: ClaimId, executor: string, leaseMs: number, queue: string],
  ): Promise<Claims> {
    if (sorted.length === 0) return { claimed: [], isPaused: false };
    const rows = await session.run<ClaimAnswer>(statement('claim-tasks'), [
      ...columns(sorted),
      ...by.slice(0, 3),
      sorted.map((ticket) => ticket.guard ?? null),
      by[3],
    ]);
    const claimed = rows.flatMap((row) => (row.run_id === null ? [] : [claimedOf(row as ClaimRow, by[0])]));
    return { claimed, isPaused: rows[0]?.paused === true };
  }
}

/** Undoes the transaction. */
class QueueIsPaused extends Error {}

/** Undoes the transaction: these have taken keys, and their runs are paused or their time is over. */
class Unbegun extends Error {
  constructor(private readonly tickets: readonly Ticket[]) {
    super('not every attempt that has taken a key began');
  }

  without<Each extends Ticket>(all: readonly Each[]): readonly Each[] {
    return all.filter((ticket) => !this.tickets.some((each) => byKey(each, ticket) === 0 && each.fence === ticket.fence));
  }
}

/** As `ClaimStore.renew`, within a transaction. */
export async function renewIn(session: Session, renewals: readonly Renewal[], leaseMs: number): Promise<readonly Renewed[]> {
  const sorted = [...renewals].sort(byKey);
  const outcomes = sorted.map((renewal) => (renewal.outcome === null ? null : JSON.stringify(renewal.outcome)));
  const heartbeats = sorted.map((renewal) => renewal.heartbeat ?? null);
  const values = [...columns(sorted), sorted.map((renewal) => renewal.claim), outcomes, leaseMs, heartbeats];
  type RenewedRow = { run_id: RunId; node: number; at: string; claim: ClaimId; cancelling: boolean };
  const rows = await session.run<RenewedRow>(statement('renew-leases'), values);
  return rows.map((row) => ({
    claim: row.claim,
    address: { run: row.run_id, node: row.node, at: row.at },
    cancelling: row.cancelling,
  }));
}

export function claimedOf(row: ClaimRow, claim: ClaimId): Claimed {
  return {
    run: row.run_id,
    node: row.node,
    at: row.at,
    fence: row.fence,
    claim,
    input: row.input ?? ('null' as JsonText),
    secrets: row.secrets,
    idempotencyKey: row.idempotency_key,
    queuedAt: row.queued_at,
    totalUntil: row.total_until,
    startedAt: row.now,
  };
}

async function lockReady(
  session: Session,
  sorted: readonly KeyedTicket[],
  fingerprint: (input: JsonText) => string,
): Promise<readonly Keyed[]> {
  const rows = await session.run<ClaimRow>(statement('lock-ready-tasks'), [...columns(sorted)]);
  return rows.flatMap((row) => {
    // An old ticket of the same task may be among them: the row is there for the current one.
    const ticket = sorted.find(
      (each) => each.run === row.run_id && each.node === row.node && each.at === row.at && each.fence === row.fence,
    );
    if (ticket === undefined || row.idempotency_key === null) return [];
    return [{ ...ticket, key: row.idempotency_key, fingerprint: fingerprint(row.input ?? ('null' as JsonText)) }];
  });
}
