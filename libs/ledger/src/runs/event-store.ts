import { type Fence, hasRunEnded, type JsonText, type RunId, type RunStatus, topicMatches, type VersionId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { type Notice, NoticeStore } from './notice-store.js';

/** An event for one run alone. */
export interface RunEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** The event as expressions read it. */
  readonly body: JsonText;
}

export type SendAnswer =
  /** `duplicate`: it was sent before, under this source and id; its waits are told again. `woken`: who is to look. */
  | { readonly kind: 'sent' | 'duplicate'; readonly woken: readonly Notice[] }
  | { readonly kind: 'ended'; readonly status: RunStatus }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'too-many'; readonly limit: number };

/** A run keeps at most so many events that were sent to it. */
const MOST_SENT = 1_000;

/** Events that are sent to single runs, and what is to be forgotten of all events. */
export class EventStore {
  constructor(private readonly database: Database) {}

  /** Holds the run meanwhile: its scheduler sees the event, or this sees the wait that the scheduler has begun. */
  async send(run: RunId, event: RunEvent): Promise<SendAnswer> {
    return this.database
      .transaction(async (session): Promise<SendAnswer> => {
        const [held] = await session.run<{ status: RunStatus; sent: number }>(statement('hold-run'), [run]);
        if (held === undefined) return { kind: 'not-found' };
        if (hasRunEnded(held.status)) return { kind: 'ended', status: held.status };
        const { type, source, id, body } = event;
        const rows = await session.run(statement('send-event'), [run, type, source, id, body, Buffer.byteLength(body)]);
        if (rows.length > 0 && held.sent >= MOST_SENT) throw new TooMany();
        type WaitRow = { version: VersionId; node: number; at: string; fence: Fence; pattern: string };
        const waits = await session.run<WaitRow>(statement('subscriptions-of-run'), [run]);
        const woken = waits.flatMap(({ pattern, ...wait }) => (topicMatches(pattern, type) ? [{ run, ...wait }] : []));
        await new NoticeStore(session).insert(woken);
        return { kind: rows.length > 0 ? 'sent' : 'duplicate', woken };
      })
      .catch((error: unknown): SendAnswer => {
        if (error instanceof TooMany) return { kind: 'too-many', limit: MOST_SENT };
        throw error;
      });
  }

  /** Forgets the oldest of the events that are older than `retentionMs`; returns how many. Looks at `limit` at most. */
  async purge(retentionMs: number, limit: number): Promise<number> {
    const rows = await this.database.run<{ gone: number }>(statement('purge-events'), [retentionMs, limit]);
    return rows[0]?.gone ?? 0;
  }
}

/** Undoes the transaction: the event that was one too many is not kept. */
class TooMany extends Error {
  override readonly name = 'TooMany';
  readonly code = 'INTERNAL';
}
