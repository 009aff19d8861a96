import type { Instant } from '@reprise/contracts';
import type { Json, JsonText } from '@reprise/core';

export function instantOf(ms: number): Instant;
export function instantOf(ms: number | null): Instant | null;
export function instantOf(ms: number | null): Instant | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** JSON the ledger holds, as the value it is; nothing is null. */
export const jsonOf = (text: JsonText | null): Json => (text === null ? null : (JSON.parse(text) as Json));

/** JSON that the ledger itself has written from this type. */
export const recordOf = <Value>(text: JsonText | null): Value | null => (text === null ? null : (JSON.parse(text) as Value));
