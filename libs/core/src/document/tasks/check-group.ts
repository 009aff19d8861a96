import { checkTemplate } from '../expressions/check-expression.js';
import { reportCycles } from '../expressions/find-cycles.js';
import { outlineGroup } from '../expressions/outline.js';
import { type GroupScope, groupScope, type Scope } from '../expressions/scope.js';
import type { Located } from '../values/located.js';
import { checkTask } from './check-task.js';
import type { Checks } from './checks.js';

/** The tasks of a group or of the whole workflow, and its output, which may read all of them; returns where that stands. */
export function checkGroup(tasks: Located, output: Located | undefined, outer: Scope, checks: Checks): GroupScope | null {
  const { report, limits } = checks;
  const group = outlineGroup(tasks, report);
  if (group === null) return null;
  const before = checks.taskCount;
  checks.taskCount += group.members.length;
  if (checks.taskCount > limits.maxTasks) {
    if (before <= limits.maxTasks)
      report.refuse(tasks, `the workflow has more than ${limits.maxTasks} tasks`, 'use forEach for many of the same');
    return null;
  }
  reportCycles(group, report);
  const scope = groupScope(outer, group);
  for (const member of group.members) checkTask(member, group, scope, checks);
  if (output !== undefined) checkTemplate(output, scope, report);
  return scope;
}
