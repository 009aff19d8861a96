import { formatDuration } from '../duration.js';
import { TIMEOUT_FIELDS } from './fields.js';
import type { Located } from './located.js';
import type { Report } from './problem.js';
import { readDuration, readFields } from './read-value.js';

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
