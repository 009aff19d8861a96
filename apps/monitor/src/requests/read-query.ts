import { isUuid } from '@reprise/core';
import type { PageRequest } from '@reprise/ledger';
import { closestName, type ProblemDetail, ProblemError } from '@reprise/service';

export type Query = Readonly<Record<string, unknown>>;

const MOST = 500;
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/** Epoch milliseconds of an RFC 3339 date or time, UTC unless it says otherwise; null: it is none. */
export function readInstant(text: string): number | null {
  if (!INSTANT.test(text)) return null;
  const ms = Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  return Number.isFinite(ms) ? ms : null;
}

/** Reads a query string field by field, and refuses it as a whole with everything that is wrong with it. */
export class QueryReader {
  private readonly errors: ProblemDetail[] = [];
  private readonly asked = new Set<string>();

  constructor(private readonly query: Query) {}

  text(name: string): string | null {
    this.asked.add(name);
    const value = this.query[name];
    if (value === undefined || value === '') return null;
    if (typeof value === 'string' && value.length <= 1_000 && !value.includes('\0') && value.isWellFormed()) return value;
    this.refuse(name, 'must be given once, as text of at most 1,000 characters');
    return null;
  }

  /** The id of a run, which need not be there. */
  id(name: string): string | null {
    const id = this.text(name)?.toLowerCase() ?? null;
    if (id === null || isUuid(id)) return id;
    this.refuse(name, 'must be the id of a run');
    return null;
  }

  oneOf<Value extends string>(name: string, allowed: readonly Value[]): Value | null {
    const text = this.text(name);
    const found = allowed.find((value) => value === text);
    if (text !== null && found === undefined)
      this.refuse(name, `must be one of ${allowed.join(', ')}`, closestName(text, [...allowed]));
    return found ?? null;
  }

  /** Epoch milliseconds of an RFC 3339 date or instant. */
  instant(name: string): number | null {
    const text = this.text(name);
    if (text === null) return null;
    const ms = readInstant(text);
    if (ms !== null) return ms;
    this.refuse(name, 'must be a date or time like 2030-01-31T12:00:00Z');
    return null;
  }

  page(): PageRequest {
    return { limit: this.count('limit', 50, 1), cursor: this.text('cursor') };
  }

  count(name: string, otherwise: number, least = 0): number {
    const text = this.text(name);
    const count = text === null ? otherwise : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= least && count <= MOST) return count;
    this.refuse(name, `must be a whole number from ${least} to ${MOST}`);
    return otherwise;
  }

  /** `label.team=red` as `{team: 'red'}`; null: none given. */
  labels(): Readonly<Record<string, string>> | null {
    const names = Object.keys(this.query).filter((name) => name.startsWith('label.'));
    if (names.length === 0) return null;
    return Object.fromEntries(names.map((name) => [name.slice('label.'.length), this.text(name) ?? '']));
  }

  refuse(name: string, message: string, meant: string | null = null): void {
    this.errors.push({
      path: name,
      message: `${name} ${message}`,
      ...(meant === null ? {} : { hint: `did you mean ${meant}?` }),
    });
  }

  /** Call last. @throws ProblemError 400 `invalid_query` */
  check(): void {
    for (const name of Object.keys(this.query)) {
      if (!this.asked.has(name)) this.refuse(name, 'is not a parameter of this list', closestName(name, [...this.asked]));
    }
    if (this.errors.length === 0) return;
    const detail = this.errors.map((error) => error.message).join('; ');
    throw new ProblemError({ status: 400, code: 'invalid_query', detail, errors: this.errors });
  }
}

/** Of a list that takes nothing else. */
export function readPage(query: Query): PageRequest {
  const reader = new QueryReader(query);
  const page = reader.page();
  reader.check();
  return page;
}

export function badCursor(): ProblemError {
  return new ProblemError({
    status: 400,
    code: 'invalid_cursor',
    detail: 'The cursor is not one this list has given.',
    hint: 'Send the value of `next` unchanged, or none to begin at the start.',
  });
}
