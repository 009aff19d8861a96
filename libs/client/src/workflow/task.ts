import type { Approval } from './approval.js';
import type { WorkflowDocument } from './document.js';
import type { EventWait } from './event.js';
import type { Group, GroupStart } from './group.js';
import type { InputOf } from './handler.js';
import type { Duration, GroupRetry, Retry, Span, Timeout, TotalTimeout } from './policy.js';
import type { Reference } from './reference.js';
import type { Secrets, Site } from './scope.js';
import type { AnyValue, Condition, From, Value } from './value.js';

// Every callback's scope is a type parameter of its own. If one parameter held them all together, looking at one callback would
// settle everything in it, its own result included.

/** What every kind of task may say. `Outside` is in scope where it stands, `Rounded` when a round has ended. */
export interface Connectors<Needs, Outside, Rounded, Item, As> {
  /** Tasks beside it that end first. */
  readonly needs?: Needs;
  /** Asked once, when its needs have ended; false: it is skipped. */
  readonly if?: Condition<Outside>;
  readonly runWhen?: 'succeeded' | 'done' | 'failed' | 'anySucceeded';
  /** Write it before what reads `each`. */
  readonly forEach?: List<Outside, Item> | ForEach<Outside, Item, As>;
  /** Again and again, one round after the other. */
  readonly repeat?: Repeat<Rounded>;
  readonly onError?: 'fail' | 'continue';
}

type List<Scope, Item> = From<Scope, Reference<readonly Item[]> | readonly Item[]>;

interface ForEach<Scope, Item, As> {
  readonly in: List<Scope, Item>;
  /** A second name for `each`, to tell nested loops apart. */
  readonly as?: As;
  /** Items at a time. Default 100. */
  readonly parallel?: number;
  /** Items that may fail: a number or a share. */
  readonly tolerate?: number | `${number}%`;
}

interface Repeat<Scope> {
  readonly until?: Condition<Scope>;
  readonly while?: Condition<Scope>;
  /** Rounds in total. */
  readonly maximum?: number;
  readonly interval?: Span<Scope>;
}

interface Attempts {
  readonly queue?: string;
  readonly retry?: Retry;
  readonly timeout?: Timeout;
}

/** What a call changes outside. */
interface Effects {
  readonly retention?: Duration;
  readonly effect?: 'idempotent' | 'transactional' | 'once';
  readonly onInDoubt?: 'park' | 'retry' | 'probe' | 'fail';
  /** What it depends on: all calls that name it share a circuit breaker and a retry budget. */
  readonly dependency?: string;
}

/** Of a task that changes something. `Done` is in scope when that is to be undone. */
interface Undone<Calls, Undo, UndoWith, Done> {
  /** Called when the run fails after the task has, or may have, succeeded. Write it after what the task does. */
  readonly compensate?: Attempts &
    Effects & {
      readonly call: Undo;
      readonly with?: Value<InputOf<Calls, Undo>> | ((scope: Done & Secrets) => UndoWith);
      readonly idempotencyKey?: From<Done, Value<string>>;
    };
}

/** Runs a handler. */
interface CallTask<Calls, Call, With, Inside, After> extends Attempts, Effects {
  readonly call: Call;
  readonly with?: Value<InputOf<Calls, Call>> | ((scope: Inside & Secrets) => With);
  /** A condition on `output`; false: the attempt fails with UNEXPECTED_RESULT. */
  readonly succeedWhen?: Condition<After>;
  /** The call is made once per key, across runs. */
  readonly idempotencyKey?: From<Inside, Value<string>>;
  /** At most `max` starts in any `per`, over all runs that use the key. Default key: the call's name. */
  readonly rateLimit?: { readonly key?: From<Inside, Value<string>>; readonly max: number; readonly per: Duration };
  readonly priority?: 'high' | 'normal' | 'low';
}

/** A value, made by the scheduler. */
interface TransformTask<Inside, Given> {
  readonly transform: From<Inside, Given>;
}

interface SleepTask<Inside> {
  readonly sleep: Span<Inside>;
}

interface SleepUntilTask<Inside> {
  /** RFC 3339 with its offset. */
  readonly sleepUntil: From<Inside, Value<string>>;
}

interface ApprovalTask<Inside, Form> {
  readonly approval: Approval<Inside, Form>;
}

interface WaitTask<Inside, Event, Count> {
  readonly waitFor: EventWait<Inside, Event, Count>;
}

/** Its output is the event without its data. */
interface EmitTask<Inside, Type> {
  readonly emit: {
    readonly type: From<Inside, Type>;
    readonly subject?: From<Inside, Value<string>>;
    readonly data?: From<Inside, AnyValue>;
  };
}

/** A child run, awaited. */
interface ChildTask<Inside, Sent, Output> {
  /** A workflow made here, or `NAME`, or `NAME@VERSION`. */
  readonly workflow: WorkflowDocument<Sent, Output> | string;
  readonly with?: From<Inside & Secrets, Value<Sent>>;
  /** Then it is cancelled, and the task fails with TIMEOUT. */
  readonly timeout?: TotalTimeout<Inside>;
}

interface GroupTask<Inside, Inner extends Site, Output> {
  /** Ids inside are local; its tasks see what the group needs. */
  readonly tasks: (group: GroupStart<Inner>) => Group<Output>;
  readonly retry?: GroupRetry;
  /** false: when a task in it fails, running ones and their branches end first. Default: as around it. */
  readonly failFast?: boolean;
  /** All of it, attempts and waits included; then it fails with TIMEOUT. */
  readonly timeout?: TotalTimeout<Inside>;
}

interface FailTask<Inside> {
  readonly fail: { readonly code: From<Inside, Value<string>>; readonly message?: From<Inside, Value<string>> };
}

type AnyKind =
  | (CallTask<object, string, unknown, object, object> & Undone<object, string, unknown, object>)
  | TransformTask<object, unknown>
  | SleepTask<object>
  | SleepUntilTask<object>
  | ApprovalTask<object, unknown>
  | WaitTask<object, string, number>
  | EmitTask<object, string>
  | ChildTask<object, unknown, unknown>
  | GroupTask<object, Site, unknown>
  | FailTask<object>;

type FieldOf<Kind> = Kind extends unknown ? keyof Kind : never;

/** A task is of one kind: the fields of the others are not there. */
type Only<Kind> = Kind & { readonly [Field in Exclude<FieldOf<AnyKind>, keyof Kind>]?: never };

/** Nothing can be left out where an input has fields that must be there. */
type Needed<Input> = [unknown] extends [Input] ? unknown : object extends Input ? unknown : { readonly with: unknown };

type Undoable<Kind, Calls, Undo, UndoWith, Done> = Only<Kind & Undone<Calls, Undo, UndoWith, Done>>;

/** What a task does. `Inside` is in scope within its own loops, `After` when an attempt has succeeded. */
export type Kind<
  Calls,
  Inside,
  After,
  Done,
  Inner extends Site,
  Call,
  With,
  Undo,
  UndoWith,
  Given,
  Output,
  Sent,
  Event,
  Count,
  Form,
  Type,
> =
  | (Undoable<CallTask<Calls, Call, With, Inside, After>, Calls, Undo, UndoWith, Done> & Needed<InputOf<Calls, Call>>)
  | Undoable<TransformTask<Inside, Given>, Calls, Undo, UndoWith, Done>
  | Only<SleepTask<Inside>>
  | Only<SleepUntilTask<Inside>>
  | Only<ApprovalTask<Inside, Form>>
  | Only<WaitTask<Inside, Event, Count>>
  | Undoable<EmitTask<Inside, Type>, Calls, Undo, UndoWith, Done>
  | (Undoable<ChildTask<Inside, Sent, Output>, Calls, Undo, UndoWith, Done> & Needed<Sent>)
  | Undoable<GroupTask<Inside, Inner, Output>, Calls, Undo, UndoWith, Done>
  | Only<FailTask<Inside>>;
