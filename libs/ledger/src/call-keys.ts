import type { JsonText, Outcome, RunId } from '@reprise/core';
import type { Claimed } from './claim-store.js';
import type { Session } from './database.js';
import { statement } from './statement.js';
import { columns, type Ticket } from './ticket.js';

export interface KeyedTicket extends Ticket {
  readonly call: string;
}

/** What a business key says of an attempt. */
export type KeyVerdict =
  | { readonly kind: 'owned' }
  | { readonly kind: 'answered'; readonly output: JsonText }
  | { readonly kind: 'conflict'; readonly owner: RunId }
  | { readonly kind: 'in-progress' };

export interface Keyed extends KeyedTicket {
  readonly key: string;
  readonly fingerprint: string;
}

/** Whose these business keys are: takes those that are free. */
export async function takeKeys(session: Session, keyed: readonly Keyed[]): Promise<readonly KeyVerdict[]> {
  if (keyed.length === 0) return [];
  const first = new Map<string, Keyed>();
  for (const each of keyed) if (!first.has(`${each.call}\n${each.key}`)) first.set(`${each.call}\n${each.key}`, each);
  const wanted = [...first.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const calls = wanted.map((each) => each.call);
  const keys = wanted.map((each) => each.key);
  await session.run(statement('take-call-keys'), [
    calls,
    keys,
    wanted.map((each) => each.fingerprint),
    ...columns(wanted).slice(0, 3),
  ]);
  type KeyRow = {
    name: string;
    key: string;
    fingerprint: string;
    run_id: RunId;
    node: number;
    at: string;
    state: string;
    result: JsonText | null;
  };
  const rows = await session.run<KeyRow>(statement('find-call-keys'), [calls, keys]);
  return keyed.map((each) => {
    const row = rows.find((candidate) => candidate.name === each.call && candidate.key === each.key);
    if (row === undefined) return { kind: 'in-progress' };
    if (row.run_id === each.run && row.node === each.node && row.at === each.at) return { kind: 'owned' };
    if (row.fingerprint !== each.fingerprint) return { kind: 'conflict', owner: row.run_id };
    return row.state === 'succeeded' ? { kind: 'answered', output: row.result ?? ('null' as JsonText) } : { kind: 'in-progress' };
  });
}

/** The ledger knows the answer already, or knows that there must be none. */
export function outcomeByKey(call: string, claimed: Claimed, verdict: Exclude<KeyVerdict, { kind: 'owned' }>): Outcome {
  if (verdict.kind === 'answered') return { kind: 'succeeded', output: verdict.output, fromLedger: true };
  const owner = verdict.kind === 'conflict' ? ` by run ${verdict.owner}` : '';
  const message = `the idempotency key "${claimed.idempotencyKey}" of ${call} was used${owner} with another input`;
  const error = { code: 'IDEMPOTENCY_CONFLICT', message };
  return { kind: 'failed', error, retryable: false, retryAfterMs: null, happened: false };
}
