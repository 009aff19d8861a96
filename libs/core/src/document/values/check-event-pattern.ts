import type { Located } from './located.js';
import type { Report } from './problem.js';
import { readMatching, refuseValue } from './read-value.js';

/** Words with dots between; `*` is one word, `#` any number. */
const EVENT_PATTERN = /^([A-Za-z0-9_-]+|\*|#)(\.([A-Za-z0-9_-]+|\*|#))*$/;

/** Which events are meant, by their type. */
export function checkEventPattern(event: Located, report: Report): void {
  const expected = 'an event type such as order.placed, order.* or order.#';
  const pattern = readMatching(event, report, EVENT_PATTERN, 255, expected);
  if (pattern !== null && /^run\.start(\.|$)/.test(pattern)) {
    const hint = '`run.start.NAME` is reserved: it starts the workflow NAME without a trigger';
    refuseValue(event, report, 'a type of your own', hint);
  }
}
