import { defaultPollId } from '../../workflow/compile-poll.js';
import { probeScope } from '../expressions/scope.js';
import { checkCall } from '../tasks/check-call.js';
import type { Checks } from '../tasks/checks.js';
import { POLL_FIELDS } from '../values/fields.js';
import type { Located, LocatedMap } from '../values/located.js';
import { readEvery, readTimedId, takeTimedId } from '../values/read-timed.js';
import { type Fields, readFields, readMap } from '../values/read-value.js';

/** What triggers of one document share. */
export interface TriggerChecks extends Checks {
  /** Of schedules and polls. */
  readonly timedIds: Set<string>;
  /** Polls without an `id`, so far. */
  readonly unnamedPolls: LocatedMap[];
}

/** `poll: {…}`; returns its fields, for what every kind of trigger may say. */
export function checkPollTrigger(value: Located, checks: TriggerChecks): Fields | null {
  const { report, timedIds, unnamedPolls } = checks;
  const map = readMap(value, report, 'a map such as { every: 1m, call: orders.check, if: output.ready }');
  if (map === null) return null;
  const fields = readFields(map, POLL_FIELDS, report);
  const id = fields.get('id');
  const name = id === undefined ? defaultPollId(unnamedPolls.push(map)) : readTimedId(id.value, report);
  if (name !== null) takeTimedId(id?.value ?? map, name, timedIds, report);
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
