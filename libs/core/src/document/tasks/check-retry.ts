import { validateRetry } from '../../retry/index.js';
import { readRetry } from '../../workflow/compile-retry.js';
import { GROUP_POLICY_FIELDS, GROUP_RETRY_FIELDS, POLICY_FIELDS, RETRY_FIELDS } from '../values/fields.js';
import { isReadable, isText, type Located, type LocatedMap, locate, splitPath, toJson } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { type FieldSet, readDuration, readFields, readList, readMap, readText, refuseValue } from '../values/read-value.js';

/** What a `retry` block and a rule of its `policies` may hold. */
interface RetryFields {
  readonly retry: FieldSet;
  readonly rule: FieldSet;
}

const OF_CALLS: RetryFields = { retry: RETRY_FIELDS, rule: POLICY_FIELDS };
const OF_GROUPS: RetryFields = { retry: GROUP_RETRY_FIELDS, rule: GROUP_POLICY_FIELDS };

/** A `retry` block: first the shapes, then, if those are right, the values. */
export const checkRetry = (value: Located, report: Report): void => checkPolicy(value, OF_CALLS, report);

export const checkGroupRetry = (value: Located, report: Report): void => checkPolicy(value, OF_GROUPS, report);

function checkPolicy(value: Located, sets: RetryFields, report: Report): void {
  const map = readMap(value, report, 'a map', 'for example { maximumAttempts: 5, initialInterval: 1s }');
  if (map === null) return;
  const before = report.problemCount;
  checkShapes(map, sets.retry, sets, report);
  if (report.problemCount > before || !isReadable(map)) return;
  for (const problem of validateRetry(readRetry(toJson(map)))) {
    const at = locate(map, splitPath(problem.path));
    const path = map.path === '' ? problem.path : `${map.path}.${problem.path}`;
    report.refuse({ path, offset: at.offset }, problem.message, problem.hint);
  }
}

function checkShapes(map: LocatedMap, fields: FieldSet, sets: RetryFields, report: Report): void {
  for (const [name, { value }] of readFields(map, fields, report)) checkShape(name, value, sets, report);
  if (fields === sets.rule && !map.entries.some((entry) => entry.key === 'errors')) {
    report.refuse(map, 'the rule has no `errors`', 'list the error codes it is for: errors: [http.5*]');
  }
}

function checkShape(name: string, value: Located, sets: RetryFields, report: Report): void {
  switch (name) {
    case 'initialInterval':
    case 'maximumInterval':
    case 'maximumElapsed':
      readDuration(value, report, 0);
      return;
    case 'backoff':
    case 'jitter':
    case 'onExhausted':
      readText(value, report);
      return;
    case 'retryOn':
    case 'nonRetryable':
    case 'errors':
      for (const item of readList(value, report, 'a list of error codes', `for example [http.5*]`)?.items ?? []) {
        if (!isText(item)) refuseValue(item, report, 'an error code', 'quote it');
      }
      return;
    case 'policies':
      for (const item of readList(value, report, 'a list of rules')?.items ?? []) {
        const rule = readMap(item, report, 'a map with `errors`');
        if (rule !== null) checkShapes(rule, sets.rule, sets, report);
      }
      return;
    default:
      readNumber(value, report);
  }
}

function readNumber(value: Located, report: Report): void {
  if (value.kind === 'scalar' && typeof value.value === 'number') return;
  refuseValue(value, report, 'a number', isText(value) && /^\d+$/.test(value.value) ? 'write it without quotes' : null);
}
