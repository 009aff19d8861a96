import type { Decision } from './approval.js';
import type { CloudEvent } from './event.js';
import type { OutputOf } from './handler.js';
import type { Ref } from './reference.js';
import type { FromSchema } from './schema.js';
import type { Before, Each, Member, Round, Scope, Site, Visible } from './scope.js';
import type { Resolved } from './value.js';

declare const ABSENT: unique symbol;

/** The field is not there. */
export interface Absent {
  readonly [ABSENT]: true;
}

type Readable<Where extends Site, Tasks, Ids> = Visible<Where, Tasks, Before<Tasks, Ids>>;

type Loop<Item, As extends string> = unknown extends Item
  ? { readonly [Name in As | 'each']: Each<unknown> }
  : [Item] extends [Absent]
    ? unknown
    : { readonly [Name in As | 'each']: Each<Item> };

/** `round` means something within a `repeat` only: the compiler cannot tell, registering the document does. */
type Loops<Item, As extends string> = Loop<Item, As> & { readonly round: Round<unknown> };

export type Outside<Where extends Site, Tasks, Ids> = Scope<Where, Readable<Where, Tasks, Ids>>;

export type Inside<Where extends Site, Tasks, Ids, Item, As extends string> = Outside<Where, Tasks, Ids> & Loops<Item, As>;

export type Rounded<Where extends Site, Tasks, Ids, Item, As extends string, Output> = Outside<Where, Tasks, Ids> &
  Loop<Item, As> & { readonly output: Ref<Output>; readonly round: Round<Output> };

/** Its own output can be read by its name too. */
export type After<Where extends Site, Tasks, Ids, Id extends string, Item, As extends string, Output> = Scope<
  Where,
  Readable<Where, Tasks, Ids> & { readonly [Own in Id]: { readonly output: Output; readonly item: never } }
> &
  Loops<Item, As> & { readonly output: Ref<Output> };

export interface Inner<Where extends Site, Tasks, Ids, Item, As extends string> extends Site {
  readonly calls: Where['calls'];
  readonly input: Where['input'];
  readonly outer: Readable<Where, Tasks, Ids>;
  readonly loops: Where['loops'] & Loops<Item, As>;
}

export type CallOutput<Calls, Call> = [Call] extends [never] ? unknown : OutputOf<Calls, Call>;

/** What a call, a group or a child run gives. */
export type Given<Calls, Call, Output> = [Call] extends [never]
  ? unknown extends Output
    ? unknown
    : [Output] extends [Absent]
      ? unknown
      : Output
  : OutputOf<Calls, Call>;

/** What doing it once gives, whatever its kind. */
export type Once<Calls, Call, Made, Output, Event, Count, Form, Type> = [Call] extends [never]
  ? IsGiven<Made> extends true
    ? Resolved<Made>
    : IsGiven<Output> extends true
      ? Output
      : IsGiven<Form> extends true
        ? Decision<FromSchema<Form>>
        : [Event] extends [never]
          ? [Type] extends [never]
            ? null
            : Omit<CloudEvent, 'data'>
          : Count extends 1
            ? CloudEvent
            : readonly CloudEvent[]
  : OutputOf<Calls, Call>;

type IsGiven<Type> = unknown extends Type ? true : [Type] extends [never] ? true : [Type] extends [Absent] ? false : true;

/** What is known of a task from then on. Everything is worked out at once: what is put off is worked out again by each later task. */
export type Declared<Tasks, Ids, Item, Output> =
  IsGiven<Item> extends true
    ? Member<readonly (Output | null)[], Output, Before<Tasks, Ids>>
    : Member<Output, never, Before<Tasks, Ids>>;
