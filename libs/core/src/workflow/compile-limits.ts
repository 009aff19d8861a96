import type { Json } from '../json.js';
import { compileTextOrExpression } from './compile-expression.js';
import { expectMap, expectText, readDurationMs } from './read-json.js';
import type { Concurrency, RateLimit } from './workflow.js';

export function compileConcurrency(value: Json | undefined): Concurrency | null {
  if (value === undefined) return null;
  const { key, limit = 1, overlap = 'queue' } = expectMap(value, '`concurrency`');
  return {
    key: key === undefined ? null : compileTextOrExpression(key),
    limit: Number(limit),
    overlap: overlap as Concurrency['overlap'],
  };
}

export function compileRateLimit(value: Json | undefined): RateLimit | null {
  if (value === undefined) return null;
  const { key, max, per } = expectMap(value, '`rateLimit`');
  return {
    key: key === undefined ? null : compileTextOrExpression(key),
    max: Number(max),
    perMs: readDurationMs(expectText(per, '`per`')),
  };
}
