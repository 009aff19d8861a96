import { handlerRetryOf } from '@reprise/contracts';
import type { PartialRetryPolicy } from '@reprise/core';

type Said = Readonly<Record<string, unknown>>;

const isMap = (value: unknown): value is Said => typeof value === 'object' && value !== null && !Array.isArray(value);

/** How a member's handlers say that they are to be retried, by call; null: they leave it to others. */
export function readHandlerRetries({ handlers, retries }: Said): ReadonlyMap<string, PartialRetryPolicy | null> {
  const said = isMap(retries) ? retries : {};
  const calls = Array.isArray(handlers) ? handlers.filter((call) => typeof call === 'string') : [];
  return new Map(calls.map((call) => [call, readOne(Object.hasOwn(said, call) ? said[call] : null)]));
}

/** What cannot be read says nothing: it is of another version. */
function readOne(said: unknown): PartialRetryPolicy | null {
  try {
    return handlerRetryOf({ handlerRetry: said }).handlerRetry ?? null;
  } catch {
    return null;
  }
}
