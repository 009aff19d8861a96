import type { WorkflowDocument } from './document.js';
import type { Absent, After, CallOutput, Declared, Given, Inner, Inside, Once, Outside, Rounded } from './draft.js';
import type { CallName, InputOf } from './handler.js';
import type { Perhaps, Scope, Site, Visible } from './scope.js';
import type { Connectors, Kind } from './task.js';
import type { AnyValue, From, Resolved, Value } from './value.js';

declare const GIVES: unique symbol;

/** Tasks that live and end together, and what they give. */
export interface Group<out Output> {
  readonly [GIVES]: Output;
}

type Part = 'workflow' | 'group';

type NewId<Id extends string, Tasks> = Id extends keyof Tasks ? `there is a task ${Id} already` : Id;

type Added<Tasks, Id extends string, Task> = Tasks & { readonly [Name in Id]: Task };

/** Before the first task: `task` makes a graph, `step` a sequence. */
export type Start<Where extends Site, Of extends Part> = GraphTasks<Where, object, Of> & SequenceTasks<Where, object, Of>;
export type GroupStart<Where extends Site> = Start<Where, 'group'>;

type Graph<Where extends Site, Tasks extends object, Of extends Part> = GraphTasks<Where, Tasks, Of> &
  Endings<Where, Tasks, Of, { readonly [Id in keyof Tasks]: OutputOfTask<Tasks[Id]> }>;

type Sequence<Where extends Site, Tasks extends object, Last, Of extends Part> = SequenceTasks<Where, Tasks, Of> &
  Endings<Where, Tasks, Of, OutputOfTask<Last>>;

type OutputOfTask<Task> = Task extends { readonly output: infer Output } ? Output : never;

type Endings<Where extends Site, Tasks extends object, Of extends Part, Output> = Of extends 'workflow'
  ? WorkflowEnd<Where, Tasks>
  : GroupEnd<Where, Tasks, Output>;

export interface GroupEnd<Where extends Site, Tasks extends object, Output> extends Group<Output> {
  /** Default: what the last task of a sequence gives, or a map of what the tasks of a graph give. */
  output<const Made extends AnyValue>(
    output: From<Scope<Where, Visible<Where, Tasks, keyof Tasks>>, Made>,
  ): Group<Resolved<Made>>;
}

export interface WorkflowEnd<Where extends Site, Tasks extends object> {
  /** A sequence that is run when the run has failed. What never ran reads as null. */
  onFailure(
    steps: (sequence: SequenceTasks<Failed<Where, Tasks>, object, 'group'>) => Group<unknown>,
  ): Omit<WorkflowEnd<Where, Tasks>, 'onFailure'>;
  /** The document, with an output. */
  output<const Made extends AnyValue>(output: From<Scope<Where, Tasks>, Made>): WorkflowDocument<Where['input'], Resolved<Made>>;
  /** The document, without an output. */
  build(): WorkflowDocument<Where['input'], null>;
}

type Failed<Where extends Site, Tasks> = {
  readonly calls: Where['calls'];
  readonly input: Where['input'];
  readonly outer: Perhaps<Tasks>;
  readonly loops: Where['loops'];
};

export interface GraphTasks<Where extends Site, Tasks extends object, Of extends Part> {
  task<
    const Id extends string,
    const Needs extends readonly (keyof Tasks & string)[] = readonly [],
    Call extends CallName<Where['calls']> = never,
    const With extends Value<InputOf<Where['calls'], Call>> = never,
    Undo extends CallName<Where['calls']> = never,
    const UndoWith extends Value<InputOf<Where['calls'], Undo>> = never,
    const Made = Absent,
    Output = Absent,
    Sent = unknown,
    Event extends string = never,
    Count = 1,
    const Form = Absent,
    Type extends Value<string> = never,
    Item = Absent,
    As extends string = never,
  >(
    id: NewId<Id, Tasks>,
    task: Connectors<
      Needs,
      Outside<Where, Tasks, Needs[number]>,
      Rounded<Where, Tasks, Needs[number], Item, As, CallOutput<Where['calls'], Call>>,
      Item,
      As
    > &
      Kind<
        Where['calls'],
        Inside<Where, Tasks, Needs[number], Item, As>,
        After<Where, Tasks, Needs[number], Id, Item, As, CallOutput<Where['calls'], Call>>,
        After<Where, Tasks, Needs[number], Id, Item, As, Given<Where['calls'], Call, Output>>,
        Inner<Where, Tasks, Needs[number], Item, As>,
        Call,
        With,
        Undo,
        UndoWith,
        Made,
        Output,
        Sent,
        Event,
        Count,
        Form,
        Type
      >,
  ): Graph<
    Where,
    Added<Tasks, Id, Declared<Tasks, Needs[number], Item, Once<Where['calls'], Call, Made, Output, Event, Count, Form, Type>>>,
    Of
  >;
}

export interface SequenceTasks<Where extends Site, Tasks extends object, Of extends Part> {
  step<
    const Id extends string,
    Call extends CallName<Where['calls']> = never,
    const With extends Value<InputOf<Where['calls'], Call>> = never,
    Undo extends CallName<Where['calls']> = never,
    const UndoWith extends Value<InputOf<Where['calls'], Undo>> = never,
    const Made = Absent,
    Output = Absent,
    Sent = unknown,
    Event extends string = never,
    Count = 1,
    const Form = Absent,
    Type extends Value<string> = never,
    Item = Absent,
    As extends string = never,
  >(
    id: NewId<Id, Tasks>,
    step: Connectors<
      never,
      Outside<Where, Tasks, keyof Tasks>,
      Rounded<Where, Tasks, keyof Tasks, Item, As, CallOutput<Where['calls'], Call>>,
      Item,
      As
    > &
      Kind<
        Where['calls'],
        Inside<Where, Tasks, keyof Tasks, Item, As>,
        After<Where, Tasks, keyof Tasks, Id, Item, As, CallOutput<Where['calls'], Call>>,
        After<Where, Tasks, keyof Tasks, Id, Item, As, Given<Where['calls'], Call, Output>>,
        Inner<Where, Tasks, keyof Tasks, Item, As>,
        Call,
        With,
        Undo,
        UndoWith,
        Made,
        Output,
        Sent,
        Event,
        Count,
        Form,
        Type
      >,
  ): Sequence<
    Where,
    Added<Tasks, Id, Declared<Tasks, keyof Tasks, Item, Once<Where['calls'], Call, Made, Output, Event, Count, Form, Type>>>,
    Declared<Tasks, keyof Tasks, Item, Once<Where['calls'], Call, Made, Output, Event, Count, Form, Type>>,
    Of
  >;
}
