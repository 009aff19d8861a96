import { type ChildName, childNameOf } from '../../workflow/child-name.js';
import { checkTemplate } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { isText, type Located } from '../values/located.js';
import { SEMVER, WORKFLOW_NAME } from '../values/names.js';
import { type Fields, readText, refuseValue } from '../values/read-value.js';
import { checkTotal } from './check-timeout.js';
import type { Checks } from './checks.js';

const EXPECTED = 'the name of a workflow, with its version if you like: shipping, shipping@1.2.0';

/** A `workflow` and the fields beside it. */
export function checkChild(value: Located, fields: Fields, scope: Scope, checks: Checks): void {
  const { report } = checks;
  const child = readChild(value, checks);
  if (child !== null) checks.children.push({ ...child, path: value.path, ...report.position(value.offset) });
  const input = fields.get('with');
  if (input !== undefined) checkTemplate(input.value, scope, report);
  const timeout = fields.get('timeout');
  if (timeout !== undefined) checkTotal(timeout.value, scope, report);
}

function readChild(value: Located, { report }: Checks): ChildName | null {
  if (isText(value) && value.value.includes('${{'))
    return refuseValue(value, report, 'written out', 'an expression cannot choose the workflow; use tasks with `if`');
  const text = readText(value, report, EXPECTED);
  if (text === null) return null;
  const { workflow, version } = childNameOf(text.value);
  if (!WORKFLOW_NAME.test(workflow) || workflow.length > 100) return refuseValue(text, report, EXPECTED);
  if (version === null || SEMVER.test(version) || /^\d{1,9}$/.test(version)) return { workflow, version };
  return refuseValue(
    text,
    report,
    'a workflow and a version of it',
    'three numbers, or the number of its registration: @1.2.0, @3',
  );
}
