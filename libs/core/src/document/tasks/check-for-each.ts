import { isTemplateText } from '../../workflow/expression-text.js';
import { checkCondition, checkTemplate } from '../expressions/check-expression.js';
import type { Scope } from '../expressions/scope.js';
import { FOR_EACH_FIELDS } from '../values/fields.js';
import { isText, type Located, type LocatedMap } from '../values/located.js';
import { refuseVariable } from '../values/names.js';
import type { Report } from '../values/problem.js';
import { readFields, readInteger, readText, refuseValue } from '../values/read-value.js';

export const MAX_PARALLEL = 10_000;

/** Checks a loop that stands at `scope` (its own `each` not yet in it); returns the name it gives itself. */
export function checkForEach(value: Located, scope: Scope, report: Report): string | null {
  if (value.kind === 'map') return checkLong(value, scope, report);
  checkItems(value, scope, report);
  return null;
}

function checkLong(map: LocatedMap, scope: Scope, report: Report): string | null {
  const fields = readFields(map, FOR_EACH_FIELDS, report);
  const items = fields.get('in');
  if (items === undefined) report.refuse(map, '`forEach` has no `in`', 'the list to go through: `in: input.pages`');
  else checkItems(items.value, scope, report);
  const parallel = fields.get('parallel');
  if (parallel !== undefined) readInteger(parallel.value, report, 1, MAX_PARALLEL);
  const tolerate = fields.get('tolerate');
  if (tolerate !== undefined) checkTolerate(tolerate.value, report);
  const as = fields.get('as');
  return as === undefined ? null : readLoopName(as.value, scope, report);
}

/** A list, or one expression for it; text around an expression would make it a text. */
function checkItems(value: Located, scope: Scope, report: Report): void {
  if (value.kind === 'list') {
    checkTemplate(value, scope, report);
    return;
  }
  if (!isText(value)) {
    refuseValue(value, report, 'a list or an expression that gives one');
    return;
  }
  if (isTemplateText(value.value) && !/^\s*\$\{\{[\s\S]*\}\}\s*$/.test(value.value)) {
    refuseValue(value, report, 'a list or one whole expression that gives one', 'text around an expression makes it a text');
    return;
  }
  checkCondition(value, scope, report);
}

function checkTolerate(value: Located, report: Report): void {
  if (isText(value) && /^\d+(\.\d+)?%$/.test(value.value) && Number.parseFloat(value.value) <= 100) return;
  if (value.kind === 'scalar' && typeof value.value === 'number' && Number.isSafeInteger(value.value) && value.value >= 0) return;
  refuseValue(value, report, 'a whole number of items or a share of them such as 10%');
}

function readLoopName(value: Located, scope: Scope, report: Report): string | null {
  const text = readText(value, report);
  if (text === null) return null;
  const refusal = refuseVariable(text.value);
  if (refusal !== null) report.refuse(text, refusal.message, refusal.hint);
  else if (scope.loops.includes(text.value)) {
    report.refuse(text, `a loop around this one is already called \`${text.value}\``, 'choose another name');
  } else return text.value;
  return null;
}
