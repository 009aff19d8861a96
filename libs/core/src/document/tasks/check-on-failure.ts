import { ON_FAILURE } from '../../workflow/compile-aftermath.js';
import type { GroupScope } from '../expressions/scope.js';
import { entryOf, isText, type Located } from '../values/located.js';
import type { Where } from '../values/problem.js';
import { refuseValue } from '../values/read-value.js';
import { checkGroup } from './check-group.js';
import type { Checks } from './checks.js';

/** A sequence that may read every task of the workflow, whose tasks stand at `scope`. */
export function checkOnFailure(value: Located, scope: GroupScope, checks: Checks): void {
  if (value.kind === 'list') checkGroup(value, undefined, scope, { ...checks, afterFailure: true });
  else refuseValue(value, checks.report, 'a list of tasks, which run one after the other', 'a list, each item with an `id`');
}

/** `onFailure.tell` would be two tasks. */
export function refuseReservedId(tasks: Located, { report }: Checks): void {
  for (const where of reservedIn(tasks))
    report.refuse(where, `\`${ON_FAILURE}\` cannot be the id of a task`, 'choose another name');
}

function reservedIn(tasks: Located): readonly Where[] {
  if (tasks.kind === 'map') return tasks.entries.filter(({ key }) => key === ON_FAILURE).map(({ keyAt }) => keyAt);
  if (tasks.kind !== 'list') return [];
  const ids = tasks.items.flatMap((item) => (item.kind === 'map' ? (entryOf(item, 'id') ?? []) : []));
  return ids.flatMap(({ value }) => (isText(value) && value.value === ON_FAILURE ? [value] : []));
}
