import type { Span } from './policy.js';
import type { Ref, Reference } from './reference.js';
import type { Condition, From } from './value.js';

/** An event as expressions see it. */
export interface CloudEvent<Data = unknown> {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string | null;
  readonly data: Data;
}

export interface EventScope {
  readonly event: Ref<CloudEvent>;
}

/** Waits for events: all of the type, or those whose `match` equals `key`. */
export type EventWait<Scope, Type, Count> = AnyWait<Scope, Type, Count> &
  (Matching<Scope> | { readonly match?: never; readonly key?: never });

interface Matching<Scope> {
  /** Read from the event. */
  readonly match: Reference<unknown> | ((scope: EventScope) => Reference<unknown>);
  /** Read from the run. */
  readonly key: From<Scope, Reference<unknown> | string>;
}

interface AnyWait<Scope, Type, Count> {
  /** `order.paid`, `order.*`, `order.#` */
  readonly event: Type;
  readonly if?: Condition<Scope & EventScope>;
  /** More than one: the output is a list. */
  readonly count?: Count;
  /** After it the task fails with TIMEOUT. */
  readonly timeout?: Span<Scope>;
  /** How long before the wait the event may have come. */
  readonly window?: Span<Scope>;
}
