import type { Expression, Template } from '../expression/index.js';
import type { Json } from '../json.js';

/** What starts a run: one item of `on`. Position in `on` is the trigger's number; what fires at certain times has an id besides. */
export type Trigger = EventTrigger | ScheduleTrigger | WebhookTrigger | CompletionTrigger | PollTrigger;

interface Start {
  readonly condition: Expression | null;
  /** Business key of the run; idempotent within the workflow. */
  readonly key: Template | null;
  /** null: what the kind of trigger says (`event.data` of an event). */
  readonly input: Template | null;
}

export interface EventTrigger extends Start {
  readonly kind: 'event';
  /** Topic syntax: `*` one word, `#` any number of words. */
  readonly pattern: string;
  readonly source: string | null;
}

/** When something fires, and what becomes of instants that come at a bad time. */
export interface Timed {
  /** Unique in the workflow; `WORKFLOW/ID` names what fires. */
  readonly id: string;
  readonly timing: Timing;
  /** IANA zone in which a cron expression is read. */
  readonly timezone: string;
  /** A firing is put off by up to this, by a hash of the schedule and the instant: the same for every replica. */
  readonly jitterMs: number;
  /** Epoch milliseconds, or null. */
  readonly startAt: number | null;
  readonly endAt: number | null;
  /** What becomes of instants that passed while nobody was there. */
  readonly catchUp: 'none' | 'last' | 'all';
  /** What becomes of an instant whose predecessor's run has not ended. */
  readonly overlap: 'skip' | 'queue' | 'allow' | 'cancelRunning';
  readonly dst: { readonly gap: 'skip' | 'shift'; readonly repeat: 'first' | 'both' };
}

/** Fires at instants; `schedule.time` and `schedule.previous` can be read. */
export interface ScheduleTrigger extends Start, Timed {
  readonly kind: 'schedule';
}

export type Timing =
  | { readonly kind: 'cron'; readonly expression: string }
  | { readonly kind: 'every'; readonly everyMs: number }
  | { readonly kind: 'at'; readonly instants: readonly number[] };

/** `POST /v1/hooks/PATH`; the body is `event.data`. */
export interface WebhookTrigger extends Start {
  readonly kind: 'webhook';
  readonly path: string;
  /** Name of the secret, null only when `signature` is `none`. */
  readonly secret: string | null;
  readonly signature: 'standard-webhooks' | 'github' | 'none';
}

/** When a run of another workflow ends; `event` is its `run.STATUS` event, its output in `event.data.output`. */
export interface CompletionTrigger extends Start {
  readonly kind: 'workflow';
  readonly workflow: string;
  readonly statuses: readonly ('succeeded' | 'failed' | 'cancelled')[];
}

/** A condition that is watched: `call` is made every so often, `output` is its result. */
export interface PollTrigger extends Start, Timed {
  readonly kind: 'poll';
  readonly call: string;
  /** The document of the workflow of one task whose runs make the call. */
  readonly probe: ProbeDocument;
}

export type ProbeDocument = { readonly workflow: string; readonly [field: string]: Json };

/** Does it fire at certain times? */
export const isTimed = (trigger: Trigger): trigger is ScheduleTrigger | PollTrigger => 'timing' in trigger;
