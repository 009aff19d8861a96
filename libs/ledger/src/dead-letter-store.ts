import type { Database } from './database.js';
import { DeadLetterEntity } from './entities/index.js';

export interface NewDeadLetter {
  readonly id: string;
  readonly queue: string;
  readonly reason: string;
  readonly body: Buffer;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Messages nobody could handle, with the reason. */
export class DeadLetterStore {
  constructor(private readonly database: Database) {}

  async insert(letters: readonly NewDeadLetter[]): Promise<void> {
    if (letters.length === 0) return;
    const rows = letters.map((letter) => ({
      ...letter,
      queue: cleanText(letter.queue),
      properties: cleaned(letter.properties),
      reason: cleanText(letter.reason),
    }));
    await this.database.source.getRepository(DeadLetterEntity).insert(rows);
  }

  /** Open ones, newest first. */
  async open(limit: number): Promise<readonly DeadLetterEntity[]> {
    return this.database.source
      .getRepository(DeadLetterEntity)
      .createQueryBuilder('letter')
      .where('letter.settledAt is null')
      .orderBy('letter.receivedAt', 'DESC')
      .limit(limit)
      .getMany();
  }

  async countOpen(): Promise<number> {
    return this.database.source
      .getRepository(DeadLetterEntity)
      .createQueryBuilder('letter')
      .where('letter.settledAt is null')
      .getCount();
  }
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
