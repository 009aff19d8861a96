import type { Scope } from '../expressions/scope.js';
import { COMPENSATE_FIELDS } from '../values/fields.js';
import type { LocatedEntry } from '../values/located.js';
import { readFields, readMap } from '../values/read-value.js';
import { checkCall } from './check-call.js';
import type { Checks } from './checks.js';

const EXAMPLE = 'for example { call: payments.refund, with: { id: "${{ output.id }}" } }';

/** What undoes a task: a call, whose expressions stand at `scope`. */
export function checkCompensate({ value, keyAt }: LocatedEntry, scope: Scope, checks: Checks): void {
  const { report } = checks;
  if (checks.afterFailure === true)
    return report.refuse(keyAt, '`compensate` is not allowed in `onFailure`', 'it runs when everything has been undone');
  const map = readMap(value, report, 'a map with `call` and `with`', EXAMPLE);
  if (map === null) return;
  const fields = readFields(map, COMPENSATE_FIELDS, report);
  const call = fields.get('call');
  if (call === undefined) report.refuse(map, '`compensate` has no `call`', EXAMPLE);
  else checkCall(call.value, fields, scope, checks);
}
