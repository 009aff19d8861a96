import type { EventScope } from './event.js';
import type { CallName, InputOf, OutputOf } from './handler.js';
import type { Duration, Retry, Timeout } from './policy.js';
import type { Ref, Reference } from './reference.js';
import type { Secrets } from './scope.js';
import type { Condition, From, Value } from './value.js';

/** What every trigger may say about the run it starts. */
interface Start<Scope, Input> {
  readonly if?: Condition<Scope>;
  /** Business key: the same key starts one run. */
  readonly key?: From<Scope, Reference<unknown> | string>;
  readonly input?: From<Scope, Value<Input>>;
}

interface EventTrigger<Input> extends Start<EventScope, Input> {
  /** `order.placed`, `order.*`, `order.#` */
  readonly event: string;
  readonly source?: string;
}

interface ScheduleScope {
  readonly schedule: { readonly time: Ref<string>; readonly previous: Ref<string | null> };
}

interface Schedule<Input> extends Start<ScheduleScope, Input> {
  /** Unique in the workflow. */
  readonly id: string;
  /** IANA zone. Default UTC. */
  readonly timezone?: string;
  readonly jitter?: Duration;
  readonly start?: string;
  readonly end?: string;
  /** What becomes of instants that passed while nobody was there. Default `last`. */
  readonly catchUp?: 'none' | 'last' | 'all';
  /** What becomes of an instant whose predecessor's run has not ended. Default `skip`. */
  readonly overlap?: 'skip' | 'queue' | 'allow' | 'cancelRunning';
  readonly dst?: { readonly gap?: 'skip' | 'shift'; readonly repeat?: 'first' | 'both' };
}

type Timing =
  | { readonly cron: string; readonly every?: never; readonly at?: never }
  | { readonly every: Duration; readonly cron?: never; readonly at?: never }
  | { readonly at: string | readonly string[]; readonly cron?: never; readonly every?: never };

interface Webhook<Input> extends Start<EventScope, Input> {
  readonly path: string;
  /** Name of the secret. */
  readonly secret?: string;
  readonly signature?: 'standard-webhooks' | 'github' | 'none';
}

type EndedStatus = 'succeeded' | 'failed' | 'cancelled';

interface Completion<Input> extends Start<EventScope, Input> {
  readonly name: string;
  readonly status?: EndedStatus | readonly EndedStatus[];
}

interface PollScope<Output> extends ScheduleScope {
  /** What the call returned. */
  readonly output: Ref<Output>;
}

type Poll<Calls, Input> = {
  readonly [Call in CallName<Calls>]: Start<PollScope<OutputOf<Calls, Call>>, Input> & {
    /** Unique among schedules and polls of the workflow. Default `poll`. */
    readonly id?: string;
    /** At least 1s. */
    readonly every: Duration;
    readonly call: Call;
    readonly with?: From<Secrets & ScheduleScope, Value<InputOf<Calls, Call>>>;
    readonly queue?: string;
    readonly retry?: Retry;
    readonly timeout?: Timeout;
    readonly if: Condition<PollScope<OutputOf<Calls, Call>>>;
  };
}[CallName<Calls>];

interface Triggers<Calls, Input> {
  readonly event: EventTrigger<Input>;
  readonly schedule: { readonly schedule: Schedule<Input> & Timing };
  readonly webhook: { readonly webhook: Webhook<Input> };
  /** When a run of another workflow ends. */
  readonly workflow: { readonly workflow: Completion<Input> };
  /** A call that is made every so often; `if` makes of its result whether a run starts. */
  readonly poll: { readonly poll: Poll<Calls, Input> };
}

type AnyField = { [Kind in keyof Triggers<object, unknown>]: keyof Triggers<object, unknown>[Kind] }[keyof Triggers<
  object,
  unknown
>];

/** What starts a run. */
export type Trigger<Calls, Input> = {
  [Kind in keyof Triggers<Calls, Input>]: Triggers<Calls, Input>[Kind] & {
    readonly [Field in Exclude<AnyField, keyof Triggers<Calls, Input>[Kind]>]?: never;
  };
}[keyof Triggers<Calls, Input>];
