import type { ClaimId, JsonText } from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { byKey, columns, inOrder } from '../runs/ticket.js';
import { type Keyed, type KeyedTicket, type KeyVerdict, takeKeys } from './call-keys.js';
import { type ClaimRow, claimedOf, renewIn } from './claim-store.js';
import type { Claimed } from './claimed.js';

export interface RepeatedClaim {
  readonly claimed: Claimed;
  readonly verdict: KeyVerdict;
}

/** A claim that is asked for again, because the answer to the first time was lost: what it holds, under a lease that begins anew. */
export class RepeatClaims {
  constructor(private readonly database: Database) {}

  /** Only what the claim holds and has not ended; the others are somebody else's, or over. */
  async repeat(
    tickets: readonly KeyedTicket[],
    claim: ClaimId,
    leaseMs: number,
    fingerprint: (input: JsonText) => string,
  ): Promise<readonly RepeatedClaim[]> {
    if (tickets.length === 0) return [];
    const sorted = inOrder(tickets);
    const [runs, nodes, ats] = columns(sorted);
    return this.database.transaction(async (session) => {
      const rows = await session.run<ClaimRow>(statement('find-claims'), [runs, nodes, ats, claim]);
      const found = rows.flatMap((row) => {
        const claimed = claimedOf(row, claim);
        const ticket = sorted.find((each) => byKey(each, claimed) === 0 && each.fence === claimed.fence - 1);
        return ticket === undefined ? [] : [{ claimed, ticket }];
      });
      if (found.length === 0) return [];
      const held = await this.renewed(
        session,
        found.map(({ claimed }) => claimed),
        leaseMs,
      );
      const keyed = found.flatMap(({ claimed, ticket }): Keyed[] =>
        claimed.idempotencyKey === null
          ? []
          : [{ ...ticket, key: claimed.idempotencyKey, fingerprint: fingerprint(claimed.input) }],
      );
      const verdicts = await takeKeys(session, keyed);
      const verdictOf = (claimed: Claimed): KeyVerdict =>
        verdicts[keyed.findIndex((each) => byKey(each, claimed) === 0)] ?? { kind: 'owned' };
      return held.map((claimed) => ({ claimed, verdict: verdictOf(claimed) }));
    });
  }

  private async renewed(session: Session, found: readonly Claimed[], leaseMs: number): Promise<readonly Claimed[]> {
    const alive = await renewIn(
      session,
      found.map((each) => ({ ...each, outcome: null })),
      leaseMs,
    );
    return found.filter((each) => alive.some(({ address }) => byKey(address, each) === 0));
  }
}
