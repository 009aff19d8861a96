import type { Answerer, JsonText, Outcome, RunId } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { columns, type Ticket } from '../runs/ticket.js';
import type { Claimed } from './claimed.js';

export interface KeyedTicket extends Ticket {
  readonly call: string;
}

/** What a business key says of an attempt. */
export type KeyVerdict =
  | { readonly kind: 'owned' }
  | { readonly kind: 'answered'; readonly output: JsonText; readonly owner: Answerer }
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
  await session.write(statement('take-call-keys'), [
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
    const isMine = row.run_id === each.run && row.node === each.node && row.at === each.at;
    // A success of its own is from before its run was taken up again: it answers, as anybody's does.
    if (isMine && row.state === 'open') return { kind: 'owned' };
    if (row.fingerprint !== each.fingerprint) return { kind: 'conflict', owner: row.run_id };
    if (row.state !== 'succeeded') return { kind: 'in-progress' };
    const owner = { run: row.run_id, node: row.node, at: row.at };
    return { kind: 'answered', output: row.result ?? ('null' as JsonText), owner };
  });
}

/** The ledger knows the answer already, or knows that there must be none. */
export function outcomeByKey(call: string, claimed: Claimed, verdict: Exclude<KeyVerdict, { kind: 'owned' }>): Outcome {
  if (verdict.kind === 'answered') {
    const { output, owner } = verdict;
    return { kind: 'succeeded', output, fromLedger: true, owner };
  }
  const owner = verdict.kind === 'conflict' ? ` by run ${verdict.owner}` : '';
  const message = `the idempotency key "${claimed.idempotencyKey}" of ${call} was used${owner} with another input`;
  const error = { code: 'IDEMPOTENCY_CONFLICT', message };
  return { kind: 'failed', error, retryable: false, retryAfterMs: null, happened: false };
}
