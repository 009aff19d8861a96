import type { Json } from './json.js';

/** An event's type: words of letters, digits, _ and - with dots between. No longer than a routing key may be. */
export const EVENT_TYPE = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
export const MAX_EVENT_TYPE_LENGTH = 255;

/** Above this many emitted events in a row, an event starts and wakes nothing: workflows that start each other would never stop. */
export const MAX_HOPS = 16;

/** AMQP's topic syntax: words joined by dots, `*` one word, `#` any number of words. `run.start.…` is reserved for starts. */
export function topicMatches(pattern: string, type: string): boolean {
  if (type.startsWith('run.start.')) return false;
  return wordsMatch(pattern.split('.'), type.split('.'));
}

/** Word by word, with every place of the pattern that may be reached: several `#` cost their product, never a power. */
function wordsMatch(pattern: readonly string[], words: readonly string[]): boolean {
  let reached = passHashes(pattern, new Set([0]));
  for (const word of words) {
    const next = new Set<number>();
    for (const place of reached) {
      if (pattern[place] === '#') next.add(place);
      else if (pattern[place] === '*' || pattern[place] === word) next.add(place + 1);
    }
    reached = passHashes(pattern, next);
  }
  return reached.has(pattern.length);
}

/** A `#` may stand for no word at all. */
function passHashes(pattern: readonly string[], places: Set<number>): ReadonlySet<number> {
  for (const place of places) if (pattern[place] === '#') places.add(place + 1);
  return places;
}

/** Postgres keeps neither NUL nor lone surrogates in a text. */
const UNKEEPABLE = /[\p{Cc}\p{Surrogate}]/u;

/** What events and runs are matched by, as text: a number is its digits. null: this value cannot be a key. */
export function correlationKey(value: Json): string | null {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= 512 && !UNKEEPABLE.test(text) ? text : null;
}
