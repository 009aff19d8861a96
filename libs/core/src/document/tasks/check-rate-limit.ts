import { formatDuration } from '../../duration.js';
import { checkTextOrExpression } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { RATE_LIMIT_FIELDS } from '../values/fields.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readDuration, readFields, readInteger, readMap, refuseValue } from '../values/read-value.js';

/** As many start times are kept for a key. */
const MOST_STARTS = 1_000;
const LONGEST_PER_MS = 24 * 3_600_000;

/** At most `max` starts in any `per`. */
export function checkRateLimit(value: Located, scope: Scope, report: Report): void {
  const hint = 'for example { max: 10, per: 1s }';
  const map = readMap(value, report, 'a map with `max` and `per`', hint);
  if (map === null) return;
  const fields = readFields(map, RATE_LIMIT_FIELDS, report);
  const key = fields.get('key');
  if (key !== undefined) checkTextOrExpression(key.value, scope, report);
  const max = fields.get('max');
  if (max === undefined) report.refuse(map, '`rateLimit` has no `max`', hint);
  else readInteger(max.value, report, 1, MOST_STARTS);
  const per = fields.get('per');
  if (per === undefined) {
    report.refuse(map, '`rateLimit` has no `per`', hint);
    return;
  }
  const perMs = readDuration(per.value, report);
  if (perMs !== null && perMs > LONGEST_PER_MS) refuseValue(per.value, report, `at most ${formatDuration(LONGEST_PER_MS)}`);
}
