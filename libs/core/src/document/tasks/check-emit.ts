import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '../../topic.js';
import { isTemplateText } from '../../workflow/expression-text.js';
import { checkTemplate } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { EMIT_FIELDS } from '../values/fields.js';
import { isText, type Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readFields, readMap, readMatching, readText, refuseValue } from '../values/read-value.js';

const EXAMPLE = 'for example { type: order.shipped, data: { id: "${{ input.id }}" } }';

/** `emit`: an event that this workflow publishes. */
export function checkEmit(value: Located, scope: Scope, report: Report): void {
  const map = readMap(value, report, 'a map with `type` and `data`', EXAMPLE);
  if (map === null) return;
  const fields = readFields(map, EMIT_FIELDS, report);
  const type = fields.get('type');
  if (type === undefined) report.refuse(map, '`emit` has no `type`', EXAMPLE);
  else checkType(type.value, scope, report);
  const subject = fields.get('subject');
  if (subject !== undefined && readText(subject.value, report) !== null) checkTemplate(subject.value, scope, report);
  const data = fields.get('data');
  if (data !== undefined) checkTemplate(data.value, scope, report);
}

function checkType(value: Located, scope: Scope, report: Report): void {
  if (isText(value) && isTemplateText(value.value)) {
    checkTemplate(value, scope, report);
    return;
  }
  const type = readMatching(value, report, EVENT_TYPE, MAX_EVENT_TYPE_LENGTH, 'an event type such as order.shipped');
  if (type !== null && /^run(\.|$)/.test(type))
    refuseValue(value, report, 'a type of your own', '`run.…` is reserved: Reprise says it of runs, and starts runs by it');
}
