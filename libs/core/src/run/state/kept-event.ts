import type { Address } from '../../address.js';
import type { Fence } from '../../ids.js';
import type { Json } from '../../json.js';

/** Oldest first, a bounded number of them; `more`: there are others behind. */
export interface KeptEvents {
  readonly events: readonly KeptEvent[];
  readonly more: boolean;
}

export interface KeptEvent {
  readonly number: number;
  /** A CloudEvent as expressions read it: id, source, type, subject, time, data. */
  readonly event: Json;
  /** Epoch milliseconds of the database's clock. */
  readonly receivedAt: number;
}

/** Asks for the events that a wait has not seen: kept for its interest and key, or sent to the run itself. */
export interface EventRequest extends Address {
  readonly fence: Fence;
  readonly pattern: string;
  /** Source of the expression whose value must be the key. */
  readonly match: string;
  readonly key: string;
  readonly since: number;
}

/** What a wait has made of an event: one that is taken is no other wait's of this run. */
export interface EventMark extends Address {
  readonly fence: Fence;
  readonly number: number;
  readonly taken: boolean;
}

/** A CloudEvent to be published. */
export interface EmittedEvent {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  /** RFC 3339. */
  readonly time: string;
  readonly data: Json;
  /** How many emitted events lie between this one and one that nobody emitted, itself included. */
  readonly hops: number;
}
