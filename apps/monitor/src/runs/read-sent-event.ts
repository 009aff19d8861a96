import { EVENT_TYPE, type Json, MAX_EVENT_TYPE_LENGTH } from '@reprise/core';
import { closestName, ProblemError } from '@reprise/service';

/** An event as it is sent to one run. */
export interface SentEvent {
  readonly type: string;
  readonly id: string | null;
  readonly source: string;
  readonly subject: string | null;
  readonly data: Json;
}

const FIELDS = ['type', 'data', 'id', 'subject', 'source'] as const;
const LONGEST = 1_024;
/** Postgres takes neither NUL nor lone surrogates, and nobody could type the rest. */
const UNKEEPABLE = /[\p{Cc}\p{Surrogate}]/u;

/** `{type, data?, id?, subject?, source?}`. @throws ProblemError naming every field that is wrong */
export function readSentEvent(body: unknown): SentEvent {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const hint = 'for example {"type": "order.paid", "data": {"total": 5}}';
    throw new ProblemError({ status: 422, code: 'invalid_event', detail: 'The body must be an object.', hint });
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const errors = [...unknownFields(fields), ...wrongFields(fields)];
  const [first] = errors;
  if (first !== undefined)
    throw new ProblemError({ status: 422, code: 'invalid_event', detail: `${first.path}: ${first.message}`, errors });
  const { type, id, source, subject, data } = fields;
  return {
    type: String(type),
    id: textOf(id),
    source: textOf(source) ?? 'api',
    subject: textOf(subject),
    data: data === undefined ? null : (data as Json),
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function unknownFields(fields: Readonly<Record<string, unknown>>) {
  return Object.keys(fields)
    .filter((name) => !(FIELDS as readonly string[]).includes(name))
    .map((name) => {
      const closest = closestName(name, FIELDS);
      return { path: name.slice(0, 100), message: `is unknown${closest === null ? '' : `, did you mean "${closest}"?`}` };
    });
}

function wrongFields(fields: Readonly<Record<string, unknown>>) {
  const errors: { path: string; message: string }[] = [];
  const { type } = fields;
  if (typeof type !== 'string' || !EVENT_TYPE.test(type) || type.length > MAX_EVENT_TYPE_LENGTH)
    errors.push({
      path: 'type',
      message: 'must be an event type such as order.paid: words of letters, digits, _ and - joined by dots',
    });
  for (const name of ['id', 'source', 'subject'] as const) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' || value === '' || value.length > LONGEST || UNKEEPABLE.test(value))
      errors.push({ path: name, message: `must be text of 1 to ${LONGEST} printable characters` });
  }
  return errors;
}
