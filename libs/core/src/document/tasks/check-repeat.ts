import { checkDuration } from '../expressions/check-duration.js';
import { checkCondition } from '../expressions/check-expression.js';
import { type Scope, withRoot } from '../expressions/scope.js';
import { REPEAT_FIELDS } from '../values/fields.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readFields, readInteger, readMap } from '../values/read-value.js';

const MAX_ROUNDS = 100_000;

/** A `repeat` block. `inner` is the scope of its rounds: `round` is in it. */
export function checkRepeat(value: Located, inner: Scope, report: Report): void {
  const map = readMap(value, report, 'a map', 'for example { until: output.done, interval: 30s }');
  if (map === null) return;
  const fields = readFields(map, REPEAT_FIELDS, report);
  const after = withRoot(inner, 'output');
  const until = fields.get('until');
  const goOn = fields.get('while');
  const maximum = fields.get('maximum');
  const interval = fields.get('interval');
  if (until !== undefined) checkCondition(until.value, after, report);
  if (goOn !== undefined) checkCondition(goOn.value, after, report);
  if (maximum !== undefined) readInteger(maximum.value, report, 1, MAX_ROUNDS);
  if (interval !== undefined) checkDuration(interval.value, after, report, 0);
  if (until === undefined && goOn === undefined && maximum === undefined) {
    report.refuse(map, '`repeat` does not say when to stop', 'add `until`, `while` or, for a number of rounds, `maximum`');
  }
}
