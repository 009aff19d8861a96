import type { Json } from '../../json.js';
import type { Evaluated } from './evaluate.js';

/** A rendered key: text, or a number as text. */
export function readKey(value: Json, what: string): Evaluated<string> {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= 512) return { kind: 'ok', value: text };
  const message = `${what} must be text of 1 to 512 characters or a number, got ${JSON.stringify(value).slice(0, 80)}`;
  return { kind: 'error', error: { code: 'EXPRESSION', message } };
}
