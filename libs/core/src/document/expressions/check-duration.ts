import { isTemplateText } from '../../workflow/expression-text.js';
import { isText, type Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readDuration } from '../values/read-value.js';
import { checkTemplate } from './check-expression.js';
import type { Scope } from './scope.js';

/** A duration, or an expression for one. Returns the milliseconds of one that is written out; null: they are not known yet. */
export function checkDuration(value: Located, scope: Scope, report: Report, minimumMs = 1): number | null {
  if (!isText(value) || !isTemplateText(value.value)) return readDuration(value, report, minimumMs);
  checkTemplate(value, scope, report);
  return null;
}
