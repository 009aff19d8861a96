import { type DeadLetterState, REDRIVE_HEADER } from '@reprise/contracts';
import { isUuid } from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Row } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { readRunCursor, runCursor } from '../views/run-views-cursor.js';
import { type Paged, type PageRequest, page } from '../views/run-views-page.js';

export interface NewDeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly reason: string;
  readonly body: Buffer;
  /** With the message's `headers`: those of one that was sent again say which letter it had been. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Times are epoch milliseconds of the database's clock. */
export interface DeadLetter extends NewDeadLetter {
  readonly state: DeadLetterState;
  readonly receivedAt: number;
  readonly redriveOf: string | null;
  /** How often the message had been sent again before it came here. */
  readonly redrives: number;
  readonly askedBy: string | null;
  readonly askedAt: number | null;
  readonly discardReason: string | null;
  /** Why the last redrive came to nothing. */
  readonly lastError: string | null;
  readonly settledAt: number | null;
}

type LetterRow = DeadLetter & Row;

/** Messages nobody could handle, with the reason, and what was decided of them. */
export class DeadLetterStore {
  constructor(private readonly database: Database) {}

  async insert(letters: readonly NewDeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await this.database.run(statement('insert-dead-letters'), [
      letters.map((letter) => letter.id),
      letters.map((letter) => cleanText(letter.queue)),
      letters.map((letter) => cleanText(letter.reason)),
      letters.map((letter) => letter.body),
      letters.map((letter) => JSON.stringify(cleaned(letter.properties))),
      letters.map(redriveOf),
    ]);
  }

  /** Newest first. `state` null: of any. */
  async list(state: DeadLetterState | null, { cursor, limit }: PageRequest): Promise<Paged<DeadLetter>> {
    const below = cursor === null ? null : readRunCursor(cursor);
    if (cursor !== null && below === null) return { kind: 'bad-cursor' };
    const rows = await this.database.run<LetterRow>(statement('list-dead-letters'), [state, below, null, limit + 1]);
    return page(
      rows,
      limit,
      (row): DeadLetter => row,
      (row) => runCursor(row.id),
    );
  }

  async find(id: string): Promise<DeadLetter | null> {
    const [row] = await this.database.run<LetterRow>(statement('list-dead-letters'), [null, null, id, 1]);
    return row ?? null;
  }

  /** Those that wait for a decision; counts at most `limit`. */
  async countOpen(limit = 10_000): Promise<number> {
    const [row] = await this.database.run<{ letters: number }>(statement('count-dead-letters'), [limit]);
    return row?.letters ?? 0;
  }

  /** null: it is not open. What is not finished within `lookInMs` is given out by `takeRedrive`. */
  async beginRedrive(id: string, by: string, lookInMs: number): Promise<DeadLetter | null> {
    const [row] = await this.database.run<LetterRow>(statement('begin-redrive'), [id, by, lookInMs]);
    return row ?? null;
  }

  /** A redrive that nobody has finished in time; each is given to one caller. */
  async takeRedrive(lookInMs: number): Promise<DeadLetter | null> {
    const [row] = await this.database.run<LetterRow>(statement('take-redrive'), [lookInMs]);
    return row ?? null;
  }

  async finishRedrive(id: string): Promise<void> {
    await this.database.run(statement('finish-redrive'), [id]);
  }

  async reopen(id: string, error: string): Promise<void> {
    await this.database.run(statement('reopen-redrive'), [id, cleanText(error)]);
  }

  /** false: it is not open. */
  async discard(id: string, by: string, reason: string | null): Promise<boolean> {
    return (await this.database.run(statement('discard-dead-letter'), [id, by, reason])).length > 0;
  }
}

/** Anybody may write headers: one that names no letter there is links to nothing. */
function redriveOf({ properties: { headers } }: NewDeadLetter): string | null {
  const id = typeof headers === 'object' && headers !== null ? Reflect.get(headers, REDRIVE_HEADER) : null;
  return typeof id === 'string' && isUuid(id) ? id : null;
}

/** Postgres takes neither NUL nor lone surrogates in text; a dead letter must not die of the very thing it reports. */
const cleanText = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

const cleaned = (properties: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(properties), (_key, value: unknown) => cleanValue(value)) as Record<string, unknown>;

/** Header names come from strangers too. */
function cleanValue(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [cleanText(key), each]));
}
