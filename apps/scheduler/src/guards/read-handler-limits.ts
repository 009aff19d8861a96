import type { HandlerLimits } from '@reprise/core';

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;

/** What a member says of the limits of its handlers, by call. What cannot be read limits nothing: it is of another version. */
export function readHandlerLimits(info: Readonly<Record<string, unknown>>): ReadonlyMap<string, HandlerLimits> {
  const { limits } = info;
  if (!isMap(limits)) return new Map();
  return new Map(
    Object.entries(limits).flatMap(([call, said]): (readonly [string, HandlerLimits])[] => {
      if (!isMap(said)) return [];
      const { max, perMs, concurrency } = said;
      const rate = isCount(max) && isCount(perMs) ? { max, perMs } : null;
      return [[call, { rate, concurrency: isCount(concurrency) ? concurrency : null }]];
    }),
  );
}
