import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@reprise/core';
import type { TriggerEvent } from './trigger-event.js';

export type ReadEvent = { readonly kind: 'ok'; readonly event: TriggerEvent } | { readonly kind: 'bad'; readonly reason: string };

/** CloudEvents attributes by lower-case name, and the data. */
export interface RawEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data: Json;
}

const CORE = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
]);
const LONGEST = 1_024;
/** The specification forbids both, and Postgres takes neither NUL nor lone surrogates. */
const UNKEEPABLE = /[\p{Cc}\p{Surrogate}]/u;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const TYPE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** Checks the required attributes of a CloudEvent 1.0: what is missing or malformed is named. */
export function readCloudEvent({ attributes, data }: RawEvent): ReadEvent {
  const bad = (reason: string): ReadEvent => ({ kind: 'bad', reason });
  const { specversion } = attributes;
  if (specversion !== undefined && specversion !== '1.0')
    return bad(`specversion must be "1.0", got ${JSON.stringify(specversion)}`);
  const id = textOf(attributes['id']);
  const source = textOf(attributes['source']);
  const type = textOf(attributes['type']);
  const subject = textOf(attributes['subject']);
  const time = textOf(attributes['time']);
  if (id === null) return bad(problemOf('id', attributes['id']));
  if (source === null) return bad(problemOf('source', attributes['source']));
  if (type === null) return bad(problemOf('type', attributes['type']));
  if (!TYPE.test(type)) return bad(`type must be words of letters, digits, _ and - joined by dots, got ${JSON.stringify(type)}`);
  if (subject === null && isGiven(attributes['subject'])) return bad(problemOf('subject', attributes['subject']));
  if (time === null ? isGiven(attributes['time']) : !RFC_3339.test(time) || Number.isNaN(Date.parse(time)))
    return bad(`time must be RFC 3339, got ${JSON.stringify(attributes['time'])}`);
  return {
    kind: 'ok',
    event: {
      id,
      source,
      type,
      subject,
      time,
      data,
      extensions: extensionsOf(attributes),
      anonymous: false,
    },
  };
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST && !UNKEEPABLE.test(value) ? value : null;
}

function problemOf(name: string, value: unknown): string {
  if (!isGiven(value)) return `the CloudEvents attribute "${name}" is missing`;
  if (typeof value !== 'string') return `the CloudEvents attribute "${name}" must be text, got ${typeof value}`;
  if (UNKEEPABLE.test(value)) return `the CloudEvents attribute "${name}" has control characters or lone surrogates in it`;
  return `the CloudEvents attribute "${name}" is longer than ${LONGEST} characters`;
}

function extensionsOf(attributes: Readonly<Record<string, unknown>>): Record<string, string> {
  const extensions: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (CORE.has(name) || !/^[a-z0-9]{1,40}$/.test(name)) continue;
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    if (typeof text === 'string' && !UNKEEPABLE.test(text)) extensions[name] = text.slice(0, LONGEST).toWellFormed();
  }
  return extensions;
}

/** Two events of one id are the same when these agree: SHA-256 of the canonical JSON of type, subject and data. */
export const eventFingerprint = (event: TriggerEvent): string =>
  createHash('sha256')
    .update(canonicalJson({ type: event.type, subject: event.subject, data: event.data }))
    .digest('hex');
