import type { Json } from '@reprise/core';

/** One occurrence that may start runs; identified by (source, id). */
export interface TriggerEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339, as the sender wrote it. */
  readonly time: string | null;
  readonly data: Json;
  /** Further CloudEvents attributes, by name. */
  readonly extensions: Readonly<Record<string, string>>;
  /** The sender gave no id: only a redelivery of the very same message can be recognised, by its body. */
  readonly anonymous: boolean;
}

/** What expressions see as `event`. */
export const eventVariable = (event: TriggerEvent): Json => ({
  ...event.extensions,
  id: event.id,
  source: event.source,
  type: event.type,
  subject: event.subject,
  time: event.time,
  data: event.data,
});
