import type { EventView, KeyView } from '@reprise/contracts';
import type { JsonText } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { instantOf, jsonOf } from '../connection/row-values.js';
import { statement } from '../connection/statement.js';
import { nameCursor, numberCursor, readNameCursor, readNumberCursor } from './run-views-cursor.js';
import { type Paged, type PageRequest, page } from './run-views-page.js';

export interface EventFilter {
  readonly type: string | null;
  readonly outcome: EventView['outcome'] | null;
}

/** Results of a release to come may have other kinds. */
function wokenBy(results: JsonText): number {
  const all = JSON.parse(results) as readonly { readonly count?: unknown }[];
  return all.reduce((sum, { count }) => sum + (typeof count === 'number' ? count : 0), 0);
}

interface EventRow {
  readonly number: number;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly outcome: EventView['outcome'];
  /** null: it came again, for the `reason`, and did nothing. */
  readonly results: JsonText | null;
  readonly reason: string | null;
  readonly fingerprint: string | null;
  readonly count: number;
  readonly received_at: number;
  readonly last_at: number;
}

const shown = (row: EventRow): EventView => ({
  id: row.id,
  source: row.source,
  type: row.type,
  subject: row.subject,
  outcome: row.outcome,
  results:
    row.results === null
      ? [{ workflow: '*', kind: row.outcome, reason: row.reason, fingerprint: row.fingerprint }]
      : jsonOf(row.results),
  woken: row.results === null ? 0 : wokenBy(row.results),
  receivedAt: instantOf(row.received_at),
  count: row.count,
  lastReceivedAt: instantOf(row.last_at),
});

/** Trigger events and business keys, as people look at them. */
export class EventViews {
  constructor(private readonly database: Database) {}

  /** Newest first; an event that came again stands where it did so first. */
  async list({ type, outcome }: EventFilter, { cursor, limit }: PageRequest): Promise<Paged<EventView>> {
    const below = cursor === null ? null : readNumberCursor(cursor);
    if (cursor !== null && below === null) return { kind: 'bad-cursor' };
    const rows = await this.database.run<EventRow & Record<string, unknown>>(statement('list-events'), [
      limit + 1,
      below,
      type,
      outcome,
    ]);
    return page(rows, limit, shown, (row) => numberCursor(row.number));
  }

  /** Who owns a key, as that of a call or of a run: by the name of the call, then by that of the workflow. */
  async keys(key: string, { cursor, limit }: PageRequest): Promise<Paged<KeyView>> {
    const after = cursor === null ? { scope: '', name: '' } : readKeyCursor(cursor);
    if (after === null) return { kind: 'bad-cursor' };
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
    const rows = await this.database.run<KeyRow>(statement('find-keys'), [key, after.scope, after.name, limit + 1]);
    const view = (row: KeyRow): KeyView => ({
      scope: row.scope,
      name: row.name,
      key: row.key,
      state: row.state,
      run: row.run_id,
      fingerprint: row.fingerprint,
      result: jsonOf(row.result),
      createdAt: instantOf(row.created_at),
      expiresAt: instantOf(row.expires_at),
    });
    return page(rows, limit, view, ({ scope, name }) => nameCursor(`${scope}/${name}`));
  }
}

function readKeyCursor(cursor: string): { readonly scope: string; readonly name: string } | null {
  const [, scope, name] = /^(call|run)\/(.*)$/.exec(readNameCursor(cursor) ?? '') ?? [];
  return scope === undefined || name === undefined ? null : { scope, name };
}
