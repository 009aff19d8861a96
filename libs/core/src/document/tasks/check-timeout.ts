import { formatDuration } from '../../duration.js';
import { checkDuration } from '../expressions/check-duration.js';
import type { Scope } from '../expressions/scope.js';
import { TIMEOUT_FIELDS, TOTAL_FIELDS } from '../values/fields.js';
import type { Located } from '../values/located.js';
import type { Report } from '../values/problem.js';
import { readDuration, readFields } from '../values/read-value.js';

/** `30s` for one attempt, or a map of limits. */
export function checkTimeout(value: Located, report: Report): void {
  if (value.kind !== 'map') {
    readDuration(value, report);
    return;
  }
  const limits = new Map<string, { readonly ms: number; readonly value: Located }>();
  for (const [name, entry] of readFields(value, TIMEOUT_FIELDS, report)) {
    const ms = readDuration(entry.value, report);
    if (ms !== null) limits.set(name, { ms, value: entry.value });
  }
  const attempt = limits.get('attempt');
  if (attempt === undefined) return;
  const heartbeat = limits.get('heartbeat');
  if (heartbeat !== undefined && heartbeat.ms >= attempt.ms) {
    const message = `\`heartbeat\` (${formatDuration(heartbeat.ms)}) can never be missed before \`attempt\` (${formatDuration(attempt.ms)}) ends`;
    report.refuse(heartbeat.value, message, 'make it shorter than `attempt`');
  }
  const total = limits.get('total');
  if (total !== undefined && total.ms < attempt.ms) {
    const message = `\`total\` (${formatDuration(total.ms)}) is shorter than one \`attempt\` (${formatDuration(attempt.ms)})`;
    report.refuse(total.value, message, 'it covers all attempts and the waits between them');
  }
}

/** Of a group or a child run: `10m` for all of it, or `{total: 10m}`. */
export function checkTotal(value: Located, scope: Scope, report: Report): void {
  if (value.kind !== 'map') {
    checkDuration(value, scope, report);
    return;
  }
  const total = readFields(value, TOTAL_FIELDS, report).get('total');
  if (total !== undefined) checkDuration(total.value, scope, report);
  else if (value.entries.length === 0) report.refuse(value, '`timeout` limits nothing', 'write `timeout: 10m`');
}
