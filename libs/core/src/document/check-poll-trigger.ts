import { DEFAULT_POLL_ID } from '../workflow/compile-poll.js';
import { checkCall } from './check-call.js';
import type { Checks } from './checks.js';
import { POLL_FIELDS } from './fields.js';
import type { Located, LocatedMap } from './located.js';
import { readEvery, readTimedId, takeTimedId } from './read-timed.js';
import { type Fields, readFields, readMap } from './read-value.js';
import { probeScope } from './scope.js';

/** `poll: {…}`; returns its fields, for what every kind of trigger may say. */
export function checkPollTrigger(value: Located, ids: Set<string>, checks: Checks): Fields | null {
  const { report } = checks;
  const map = readMap(value, report, 'a map such as { every: 1m, call: orders.check, if: output.ready }');
  if (map === null) return null;
  const fields = readFields(map, POLL_FIELDS, report);
  const id = fields.get('id');
  const name = id === undefined ? DEFAULT_POLL_ID : readTimedId(id.value, report);
  if (name !== null) takeTimedId(id?.value ?? map, name, ids, report);
  const every = fields.get('every');
  if (every === undefined) report.refuse(map, 'the poll does not say how often it looks', '`every: 1m`, at least 1s');
  else readEvery(every.value, report);
  checkProbe(map, fields, checks);
  return fields;
}

/** What is called, and what of its result is waited for. */
function checkProbe(map: LocatedMap, fields: Fields, checks: Checks): void {
  const call = fields.get('call');
  if (call === undefined) checks.report.refuse(map, 'the poll has no `call`', 'the handler that looks: `call: orders.check`');
  else checkCall(call.value, fields, probeScope(), checks);
  if (!fields.has('if'))
    checks.report.refuse(
      map,
      'the poll has no `if`',
      'a condition on what the call returned: `if: output.ready`; `if: true` starts a run each time',
    );
}
