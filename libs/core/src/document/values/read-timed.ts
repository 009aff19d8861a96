import type { Located } from './located.js';
import { SCHEDULE_ID } from './names.js';
import type { Report, Where } from './problem.js';
import { readDuration, readMatching, refuseValue } from './read-value.js';

const LEAST_EVERY_MS = 1_000;

export const readTimedId = (id: Located, report: Report): string | null =>
  readMatching(id, report, SCHEDULE_ID, 64, 'a name of letters, digits, - and _');

/** To the outside they all are `WORKFLOW/ID`. */
export function takeTimedId(where: Where, id: string, ids: Set<string>, report: Report): void {
  if (ids.has(id)) report.refuse(where, `there is a schedule or poll \`${id}\` already`, 'each needs an `id` of its own');
  ids.add(id);
}

export function readEvery(value: Located, report: Report): void {
  const everyMs = readDuration(value, report);
  if (everyMs !== null && everyMs < LEAST_EVERY_MS)
    refuseValue(value, report, 'at least 1s', 'a queue of events is made for more than that');
}
