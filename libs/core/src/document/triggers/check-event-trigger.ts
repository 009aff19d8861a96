import { checkEventPattern } from '../values/check-event-pattern.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { type Fields, readText } from '../values/read-value.js';

/** `event` and `source`. */
export function checkEventTrigger(event: Located, fields: Fields, report: Report): void {
  checkEventPattern(event, report);
  const source = fields.get('source');
  if (source !== undefined) readText(source.value, report);
}
