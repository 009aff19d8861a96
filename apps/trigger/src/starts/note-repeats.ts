import { type EventRepeat, repeatKey } from '@reprise/ledger';
import { eventFingerprint } from '../events/read-cloud-event.js';
import { type AdmittedEvents, isSame } from './admit-events.js';

export const OTHER_CONTENT = 'an event with this source and id was seen before with other content';
const SAME_CONTENT = 'an event with this source and id was seen before with the same content';

/** Events that were seen before, each once for each of its outcomes, as the list of events shows them. */
export function noteRepeats({ known }: Pick<AdmittedEvents, 'known'>): readonly EventRepeat[] {
  const repeats = new Map<string, EventRepeat>();
  for (const [{ event }, row] of known) {
    const same = isSame(row, event);
    // A message without an id of its own is known by the one it was given first.
    const { source, id } = row;
    const repeat = {
      source,
      id,
      outcome: same ? 'duplicate' : 'conflict',
      reason: same ? SAME_CONTENT : OTHER_CONTENT,
      type: event.type,
      subject: event.subject,
      fingerprint: eventFingerprint(event),
    } as const;
    const key = repeatKey(repeat);
    repeats.set(key, { ...repeat, count: (repeats.get(key)?.count ?? 0) + 1 });
  }
  return [...repeats.values()];
}
