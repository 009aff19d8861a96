import type { Instant } from './http-shapes.js';

/** On a message that was sent again: the id of the dead letter it had become. */
export const REDRIVE_HEADER = 'x-reprise-redrive';

/** `redriving`: decided, but the broker is not known to have it yet. */
export type DeadLetterState = 'open' | 'redriving' | 'redriven' | 'discarded';

/** A message that nobody could handle, and what became of it. */
export interface DeadLetterView {
  readonly id: string;
  /** Where it was found. */
  readonly queue: string;
  readonly reason: string;
  readonly state: DeadLetterState;
  /** Where a redrive sends it; null: it is known to no exchange and can only be discarded. */
  readonly origin: { readonly exchange: string; readonly routingKey: string } | null;
  /** Text where it is text, else base64. */
  readonly body: { readonly text: string } | { readonly base64: string };
  /** As the message came: `exchange`, `routingKey`, `messageId`, `headers` … */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly receivedAt: Instant;
  /** The letter that this message had been before it was sent again, and how often that had happened. */
  readonly redriveOf: string | null;
  readonly redrives: number;
  /** Who redrove or discarded it. */
  readonly askedBy: string | null;
  readonly askedAt: Instant | null;
  readonly discardReason: string | null;
  /** Why its last redrive came to nothing. */
  readonly lastError: string | null;
  /** When the broker had it again, or it was discarded. */
  readonly settledAt: Instant | null;
}
