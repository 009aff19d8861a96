import type { EventView, KeyView } from '@reprise/contracts';
import type { JsonText } from '@reprise/core';
import type { Database } from './database.js';
import { instantOf, jsonOf } from './run-view.js';
import { numberCursor, readNumberCursor } from './run-views-cursor.js';
import { type Paged, type PageRequest, page } from './run-views-page.js';
import type { EventOutcome } from './start-store.js';
import { statement } from './statement.js';

export interface EventFilter {
  readonly type: string | null;
  readonly outcome: EventOutcome | null;
}

/** Results of a release to come may have other kinds. */
function wokenBy(results: JsonText): number {
  const all = JSON.parse(results) as readonly { readonly count?: unknown }[];
  return all.reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 0), 0);
}

/** Trigger events and business keys, as people look at them. */
export class EventViews {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async list({ type, outcome }: EventFilter, { cursor, limit }: PageRequest): Promise<Paged<EventView>> {
    const below = cursor === null ? null : readNumberCursor(cursor);
    if (cursor !== null && below === null) return { kind: 'bad-cursor' };
    type EventRow = {
      number: number;
      id: string;
      source: string;
      type: string;
      subject: string | null;
      outcome: EventOutcome;
      results: JsonText;
      received_at: number;
    };
    const rows = await this.database.run<EventRow>(statement('list-events'), [limit + 1, below, type, outcome]);
    const view = (row: EventRow): EventView => ({
      id: row.id,
      source: row.source,
      type: row.type,
      subject: row.subject,
      outcome: row.outcome,
      results: jsonOf(row.results),
      woken: wokenBy(row.results),
      receivedAt: instantOf(row.received_at),
    });
    return page(rows, limit, view, (row) => numberCursor(row.number));
  }

  /** Who owns a key, as a run's key of any workflow and as a call's key of `calls`. */
  async keys(key: string, calls: readonly string[]): Promise<readonly KeyView[]> {
    type KeyRow = {
      scope: KeyView['scope'];
      name: string;
      key: string;
      state: KeyView['state'];
      run_id: string;
      fingerprint: string;
      result: JsonText | null;
      created_at: number;
      expires_at: number | null;
    };
    const rows = await this.database.run<KeyRow>(statement('find-keys'), [key, calls]);
    return rows.map((row) => ({
      scope: row.scope,
      name: row.name,
      key: row.key,
      state: row.state,
      run: row.run_id,
      fingerprint: row.fingerprint,
      result: jsonOf(row.result),
      createdAt: instantOf(row.created_at),
      expiresAt: instantOf(row.expires_at),
    }));
  }
}
