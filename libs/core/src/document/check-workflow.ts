import { PRIORITIES } from '../workflow/lane.js';
import { checkConcurrency } from './check-concurrency.js';
import { checkInputSchema } from './check-input-schema.js';
import { type Scope, workflowScope } from './expressions/scope.js';
import { checkGroup } from './tasks/check-group.js';
import { checkOnFailure, refuseReservedId } from './tasks/check-on-failure.js';
import { checkRetry } from './tasks/check-retry.js';
import { checkTimeout } from './tasks/check-timeout.js';
import type { Checks } from './tasks/checks.js';
import { checkTriggers } from './triggers/check-trigger.js';
import { DEFAULTS_FIELDS, LIFECYCLES, WORKFLOW_FIELDS } from './values/fields.js';
import { isText, type Located, type LocatedMap } from './values/located.js';
import { readQueueName, SEMVER, WORKFLOW_NAME } from './values/names.js';
import type { Report } from './values/problem.js';
import {
  type Fields,
  readBoolean,
  readDuration,
  readFields,
  readMap,
  readMatching,
  readOneOf,
  readText,
  refuseValue,
} from './values/read-value.js';

/** Everything in a document that can be wrong. */
export function checkWorkflow(root: Located, found: Omit<Checks, 'defaultQueue'>): void {
  const { report } = found;
  const map = readMap(root, report, 'a map', 'a workflow needs at least `workflow` (its name) and `tasks`');
  if (map === null) return;
  const fields = readFields(map, WORKFLOW_FIELDS, report);
  checkHead(map, fields, report);
  const defaults = fields.get('defaults');
  const defaultQueue = (defaults === undefined ? null : checkDefaults(defaults.value, report)) ?? 'default';
  const input = fields.get('input');
  const inputFields = input === undefined ? null : checkInputSchema(input.value, report);
  const concurrency = fields.get('concurrency');
  if (concurrency !== undefined) checkConcurrency(concurrency.value, inputFields, report);
  const on = fields.get('on');
  const checks = { ...found, defaultQueue };
  if (on !== undefined) checkTriggers(on.value, checks);
  const tasks = fields.get('tasks');
  if (tasks === undefined) report.refuse(map, 'the workflow has no `tasks`', 'a map of tasks (a graph) or a list (a sequence)');
  else checkTasks(tasks.value, fields, workflowScope(inputFields), checks);
}

function checkTasks(tasks: Located, fields: Fields, scope: Scope, checks: Checks): void {
  refuseReservedId(tasks, checks);
  const all = checkGroup(tasks, fields.get('output')?.value, scope, checks);
  const onFailure = fields.get('onFailure');
  if (all !== null && onFailure !== undefined) checkOnFailure(onFailure.value, all, checks);
}

function checkHead(map: LocatedMap, fields: Fields, report: Report): void {
  const name = fields.get('workflow');
  const expected = 'a name in lower case: letters, digits and -, a letter first';
  if (name === undefined) report.refuse(map, 'the workflow has no name', 'add `workflow: my-workflow`');
  else readMatching(name.value, report, WORKFLOW_NAME, 100, expected);
  const version = fields.get('version');
  if (version !== undefined) checkVersion(version.value, report);
  const description = fields.get('description');
  if (description !== undefined) readText(description.value, report);
  const timeout = fields.get('timeout');
  if (timeout !== undefined) readDuration(timeout.value, report);
  const failFast = fields.get('failFast');
  if (failFast !== undefined) readBoolean(failFast.value, report);
  const lifecycle = fields.get('lifecycle');
  if (lifecycle !== undefined) readOneOf(lifecycle.value, report, LIFECYCLES);
}

/** YAML reads 1.10 as the number 1.1: another version, without a word. */
function checkVersion(value: Located, report: Report): void {
  if (isText(value)) {
    if (!SEMVER.test(value.value)) refuseValue(value, report, 'a semantic version', 'three numbers: "1.2.0"');
    return;
  }
  const written = value.kind === 'scalar' && typeof value.value === 'number' ? report.text.slice(value.offset, value.end) : null;
  const full = written === null ? '1.2.0' : [...written.split('.'), '0', '0'].slice(0, 3).join('.');
  refuseValue(value, report, 'a text', `quote it: "${full}"`);
}

/** Returns the default queue. */
function checkDefaults(value: Located, report: Report): string | null {
  const map = readMap(value, report, 'a map with `retry`, `timeout`, `queue` or `priority`');
  if (map === null) return null;
  const fields = readFields(map, DEFAULTS_FIELDS, report);
  const retry = fields.get('retry');
  if (retry !== undefined) checkRetry(retry.value, report);
  const timeout = fields.get('timeout');
  if (timeout !== undefined) checkTimeout(timeout.value, report);
  const priority = fields.get('priority');
  if (priority !== undefined) readOneOf(priority.value, report, PRIORITIES);
  const queue = fields.get('queue');
  return queue === undefined ? null : readQueueName(queue.value, report);
}
