import { parseDuration } from '../duration.js';
import type { Json } from '../json.js';

export type JsonMap = { readonly [key: string]: Json };

export function isJsonMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The document was never accepted: whoever compiles it has read something else than a stored version. */
export class UnacceptedDocument extends Error {
  override readonly name = 'UnacceptedDocument';
  readonly code = 'INTERNAL';
}

export function expectMap(value: Json | undefined, what: string): JsonMap {
  if (!isJsonMap(value)) throw new UnacceptedDocument(`${what} is not a map`);
  return value;
}

export function expectText(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw new UnacceptedDocument(`${what} is not a text`);
  return value;
}

export function readDurationMs(value: Json): number {
  const parsed = parseDuration(expectText(value, 'a duration'));
  if (parsed.kind === 'bad') throw new UnacceptedDocument(parsed.message);
  return parsed.ms;
}

/** The first is the default. */
export function readWord<Word extends string>(value: Json | undefined, words: readonly [Word, ...Word[]]): Word {
  return words.find((word) => word === value) ?? words[0];
}
