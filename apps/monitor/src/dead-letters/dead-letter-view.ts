import type { DeadLetterView, TopologyNames } from '@reprise/contracts';
import type { DeadLetter } from '@reprise/ledger';
import { originOf } from './letter-origin.js';

export function deadLetterView(letter: DeadLetter, names: TopologyNames): DeadLetterView {
  const { id, queue, reason, state, properties, redriveOf, redrives, askedBy, discardReason, lastError } = letter;
  return {
    id,
    queue,
    reason,
    state,
    origin: originOf(letter, names),
    body: bodyOf(letter.body),
    properties,
    receivedAt: instant(letter.receivedAt),
    redriveOf,
    redrives,
    askedBy,
    askedAt: letter.askedAt === null ? null : instant(letter.askedAt),
    discardReason,
    lastError,
    settledAt: letter.settledAt === null ? null : instant(letter.settledAt),
  };
}

const instant = (ms: number): string => new Date(ms).toISOString();

/** Text where it is text; else base64, marked as such. */
function bodyOf(body: Buffer): DeadLetterView['body'] {
  const text = body.toString('utf8');
  return Buffer.from(text).equals(body) ? { text } : { base64: body.toString('base64') };
}
