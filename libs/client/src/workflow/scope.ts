import type { TaskError, TaskStatus } from '@reprise/core';
import type { Ref, Secret } from './reference.js';

/** What a group of tasks stands in: a workflow, a loop, another group. */
export interface Site {
  /** The handlers' contract. */
  readonly calls: object;
  readonly input: unknown;
  /** Tasks that the group around this one may read, by id. */
  readonly outer: object;
  /** `each`, `round` and the names that loops gave themselves. */
  readonly loops: object;
}

/** A task that was declared. `Item` is what each round of its forEach gives; never: it has none. `Before` ended before it began. */
export interface Member<Output, Item, Before> {
  readonly output: Output;
  readonly item: Item;
  readonly before: Before;
}

/** What became of one item of a forEach. */
export interface ItemResult<Output> {
  readonly status: TaskStatus;
  readonly output: Output | null;
  readonly error: TaskError | null;
}

interface TaskReference<Output> {
  readonly output: Ref<Output>;
  readonly status: Ref<TaskStatus>;
  /** null: it has not failed. */
  readonly error: Ref<TaskError | null>;
  readonly attempts: Ref<number>;
}

interface ListReference<Output, Item> extends TaskReference<Output> {
  readonly items: Ref<readonly ItemResult<Item>[]>;
}

type TaskReferences<Tasks> = {
  readonly [Id in keyof Tasks]: Tasks[Id] extends { readonly output: infer Output; readonly item: infer Item }
    ? [Item] extends [never]
      ? TaskReference<Output>
      : ListReference<Output, Item>
    : never;
};

interface RunReference {
  readonly id: Ref<string>;
  readonly workflow: Ref<string>;
  readonly startedAt: Ref<string>;
  readonly scheduledFor: Ref<string | null>;
  readonly labels: Ref<Readonly<Record<string, string>>>;
  readonly error: Ref<TaskError | null>;
}

/** `each`, or what the loop calls it. */
export interface Each<Item> {
  readonly value: Ref<Item>;
  readonly index: Ref<number>;
}

export interface Round<Output> {
  /** From 1. */
  readonly number: Ref<number>;
  /** Output of the round before; null in the first. */
  readonly last: Ref<Output | null>;
}

/** Only what is sent to a handler may have secrets in it. */
export interface Secrets {
  readonly secret: (name: string) => Secret;
}

/** What an expression may read in `Where` when `Tasks` have ended. */
export type Scope<Where extends Site, Tasks> = Where['loops'] & {
  readonly input: Ref<Where['input']>;
  readonly tasks: TaskReferences<Tasks>;
  readonly run: RunReference;
};

/** Own siblings hide what is outside. */
export type Visible<Where extends Site, Tasks, Ids> = Omit<Where['outer'], keyof Tasks> & {
  readonly [Id in keyof Tasks as Id extends Ids ? Id : never]: Tasks[Id];
};

/** Everything that has ended when the tasks `Ids` have. */
export type Before<Tasks, Ids> =
  | Ids
  | (Ids extends keyof Tasks ? (Tasks[Ids] extends { readonly before: infer More } ? More : never) : never);

/** The tasks of a run that has failed: any of them may never have run. */
export type Perhaps<Tasks> = {
  readonly [Id in keyof Tasks]: Tasks[Id] extends Member<infer Output, infer Item, infer Before>
    ? Member<Output | null, Item, Before>
    : never;
};
