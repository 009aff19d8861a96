import { parseInstant } from '../../calendar/instant-text.js';
import { isTemplateText } from '../../workflow/expression-text.js';
import { checkDuration } from '../expressions/check-duration.js';
import { checkTemplate } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { FAIL_FIELDS } from '../values/fields.js';
import { isText, type Located } from '../values/located.js';
import { ERROR_CODE } from '../values/names.js';
import type { Report } from '../values/problem.js';
import { readFields, readMap, readMatching, readText, refuseValue } from '../values/read-value.js';

const hasExpression = (value: Located): boolean => isText(value) && isTemplateText(value.value);

export function checkSleep(value: Located, scope: Scope, report: Report): void {
  checkDuration(value, scope, report, 0);
}

/** With an offset: a time without one means another instant on another machine. */
export function checkSleepUntil(value: Located, scope: Scope, report: Report): void {
  if (hasExpression(value)) {
    checkTemplate(value, scope, report);
    return;
  }
  const text = readText(value, report, 'a time such as 2030-01-31T09:00:00Z');
  if (text === null || parseInstant(text.value) !== null) return;
  const hint = /\d\d:\d\d(:[\d.]+)?$/.test(text.value)
    ? 'write the offset too: Z for UTC, +02:00'
    : 'for a wait of some length use `sleep`';
  refuseValue(text, report, 'a time such as 2030-01-31T09:00:00Z', hint);
}

export function checkFail(value: Located, scope: Scope, report: Report): void {
  const map = readMap(value, report, 'a map with `code` and `message`', 'for example { code: NO_STOCK, message: nothing left }');
  if (map === null) return;
  const fields = readFields(map, FAIL_FIELDS, report);
  const code = fields.get('code');
  const message = fields.get('message');
  if (code === undefined) report.refuse(map, '`fail` has no `code`', 'for example { code: NO_STOCK, message: nothing left }');
  else if (hasExpression(code.value)) checkTemplate(code.value, scope, report);
  else readMatching(code.value, report, ERROR_CODE, 100, 'an error code such as NO_STOCK');
  if (message !== undefined && readText(message.value, report) !== null) checkTemplate(message.value, scope, report);
}
