import { COMPLETION_FIELDS, ENDED_STATUSES } from '../values/fields.js';
import type { Located } from '../values/located.js';
import { WORKFLOW_NAME } from '../values/names.js';
import type { Report } from '../values/problem.js';
import { type Fields, readFields, readMap, readMatching, readOneOf } from '../values/read-value.js';

/** `workflow: {name, status}`; returns its fields, for what every kind of trigger may say. */
export function checkCompletionTrigger(value: Located, report: Report): Fields | null {
  const map = readMap(value, report, 'a map such as { name: nightly-load, status: succeeded }');
  if (map === null) return null;
  const fields = readFields(map, COMPLETION_FIELDS, report);
  const name = fields.get('name');
  if (name === undefined) report.refuse(map, 'the trigger does not say whose runs it follows', 'add `name: other-workflow`');
  else readMatching(name.value, report, WORKFLOW_NAME, 100, 'the name of a workflow');
  const status = fields.get('status');
  for (const item of status === undefined ? [] : status.value.kind === 'list' ? status.value.items : [status.value])
    readOneOf(item, report, ENDED_STATUSES);
  return fields;
}
