import { checkTextOrExpression } from './expressions/check-expression.js';
import { startScope } from './expressions/scope.js';
import { CONCURRENCY_FIELDS, OVERLAPS } from './values/fields.js';
import type { Located } from './values/located.js';
import type { Report } from './values/problem.js';
import { readFields, readInteger, readMap, readOneOf } from './values/read-value.js';

export const MOST_HOLDERS = 10_000;

/** How many runs of the workflow (with one key) may go on at a time. */
export function checkConcurrency(value: Located, inputFields: readonly string[] | null, report: Report): void {
  const hint = 'for example { key: ${{ input.customer }}, limit: 1, overlap: queue }';
  const map = readMap(value, report, 'a map with `key`, `limit` or `overlap`', hint);
  if (map === null) return;
  const fields = readFields(map, CONCURRENCY_FIELDS, report);
  const key = fields.get('key');
  if (key !== undefined) checkTextOrExpression(key.value, startScope(inputFields), report);
  const limit = fields.get('limit');
  if (limit !== undefined) readInteger(limit.value, report, 1, MOST_HOLDERS);
  const overlap = fields.get('overlap');
  if (overlap !== undefined) readOneOf(overlap.value, report, OVERLAPS);
}
