import { checkTemplate } from './check-expression.js';
import { checkTotal } from './check-timeout.js';
import type { Checks } from './checks.js';
import { isText, type Located } from './located.js';
import { SEMVER, WORKFLOW_NAME } from './names.js';
import { type Fields, readText, refuseValue } from './read-value.js';
import type { Scope } from './scope.js';

/** A workflow that the document starts as a child, and where it says so. */
export interface ChildSite {
  readonly workflow: string;
  /** null: the one that is current when the child starts. */
  readonly version: string | null;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

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

function readChild(value: Located, { report }: Checks): Pick<ChildSite, 'workflow' | 'version'> | null {
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

/** `NAME` or `NAME@VERSION`. */
export function childNameOf(text: string): Pick<ChildSite, 'workflow' | 'version'> {
  const at = text.indexOf('@');
  return at < 0 ? { workflow: text, version: null } : { workflow: text.slice(0, at), version: text.slice(at + 1) };
}
