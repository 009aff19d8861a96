import { Builder } from './build.js';
import type { Start } from './group.js';
import type { AnyHandlers, HandlerTypes } from './handler.js';
import type { Defaults, Duration } from './policy.js';
import type { Ref, Reference } from './reference.js';
import type { FromSchema, JsonSchema } from './schema.js';
import type { Trigger } from './trigger.js';
import type { From } from './value.js';

/** What a document says besides its tasks. */
export interface Settings<Calls, Schema> {
  /** Semantic version. */
  readonly version?: string;
  readonly description?: string;
  /** JSON Schema of a run's input, or `typed<Input>()`. */
  readonly input?: Schema & JsonSchema;
  /** What starts a run. */
  readonly on?: readonly Trigger<Calls, FromSchema<Schema>>[];
  /** How many runs with one key may go on at a time. */
  readonly concurrency?: {
    readonly key?: From<{ readonly input: Ref<FromSchema<Schema>> }, Reference<unknown> | string>;
    readonly limit?: number;
    readonly overlap?: 'queue' | 'skip' | 'cancelRunning';
  };
  /** Of the whole run. */
  readonly timeout?: Duration;
  /** false: when a task fails, running ones and their branches end first. */
  readonly failFast?: boolean;
  /** For every `call`. */
  readonly defaults?: Defaults;
  /** `tasks`: lifecycle events of tasks are published too. */
  readonly lifecycle?: 'runs' | 'tasks';
}

type Root<Calls extends object, Schema> = {
  readonly calls: Calls;
  readonly input: FromSchema<Schema>;
  readonly outer: object;
  readonly loops: object;
};

/** `workflow` for handlers of which the types are known. */
export type WorkflowFor<Calls extends object> = <const Schema = unknown>(
  name: string,
  settings?: Settings<Calls, Schema>,
) => Start<Root<Calls, Schema>, 'workflow'>;

type Contract<Calls> = { readonly [Call in keyof Calls]: HandlerTypes };

/**
 * Begins a workflow document: `workflow('orders', { … }).task(…).task(…).output(…)`. Without arguments it gives the same function for
 * handlers of which the types are known: `workflow<Handlers>()('orders', { … })`.
 */
export function workflow<Calls extends Contract<Calls>>(): WorkflowFor<Calls>;
export function workflow<const Schema = unknown>(
  name: string,
  settings?: Settings<AnyHandlers, Schema>,
): Start<Root<AnyHandlers, Schema>, 'workflow'>;
export function workflow(name?: string, settings: object = {}): unknown {
  return name === undefined ? begin : begin(name, settings);
}

const begin = (name: string, settings: object = {}): Builder => Builder.workflow(name, { ...settings });
