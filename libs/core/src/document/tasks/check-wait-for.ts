import { checkDuration } from '../expressions/check-duration.js';
import { checkCondition, checkTextOrExpression } from '../expressions/check-expression.js';
import { type Scope, withRoot } from '../expressions/scope.js';
import { checkEventPattern } from '../values/check-event-pattern.js';
import { WAIT_FOR_FIELDS } from '../values/fields.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readFields, readInteger, readMap } from '../values/read-value.js';

const EXAMPLE = 'for example { event: order.paid, match: event.data.orderId, key: input.orderId }';
export const MAX_AWAITED = 1_000;

/** `waitFor`: which events, how many, how long. */
export function checkWaitFor(value: Located, scope: Scope, report: Report): void {
  const map = readMap(value, report, 'a map with `event`', EXAMPLE);
  if (map === null) return;
  const fields = readFields(map, WAIT_FOR_FIELDS, report);
  const event = fields.get('event');
  if (event === undefined) report.refuse(map, '`waitFor` has no `event`', EXAMPLE);
  else checkEventPattern(event.value, report);
  const match = fields.get('match');
  const key = fields.get('key');
  if (match !== undefined) checkMatch(match.value, scope, report);
  if (key !== undefined) checkTextOrExpression(key.value, scope, report);
  if (match !== undefined && key === undefined)
    report.refuse(match.keyAt, '`match` has no `key`', 'what of the run must it equal? for example `key: input.orderId`');
  if (key !== undefined && match === undefined)
    report.refuse(key.keyAt, '`key` has no `match`', 'what of the event must it equal? for example `match: event.subject`');
  const condition = fields.get('if');
  if (condition !== undefined) checkCondition(condition.value, withRoot(scope, 'event'), report);
  const count = fields.get('count');
  if (count !== undefined) readInteger(count.value, report, 1, MAX_AWAITED);
  for (const name of ['timeout', 'window'] as const) {
    const duration = fields.get(name);
    if (duration !== undefined) checkDuration(duration.value, scope, report);
  }
}

/** It is evaluated once for each event, whoever waits: of a run it can know nothing. */
function checkMatch(value: Located, scope: Scope, report: Report): void {
  const references = checkCondition(value, withRoot(scope, 'event'), report);
  const foreign = references.find(({ root }) => root !== 'event');
  if (foreign !== undefined)
    report.refuse(
      value,
      `\`match\` cannot read \`${foreign.root}\``,
      'it reads only `event`; what the run knows goes into `key`',
    );
}
