import { isReference } from './reference.js';
import { type Render, renderCondition, renderFields, renderKey, renderValue } from './render.js';
import { schemaOf } from './schema.js';

type Fields = Readonly<Record<string, unknown>>;
type Grow = (start: Builder) => Builder;

const rules = (render: Readonly<Record<string, Render>>) => renderFields(render) as (fields: Fields) => Fields;

const START = { if: renderCondition, key: renderKey };
const renderTrigger = rules({
  ...START,
  schedule: renderFields(START),
  webhook: renderFields(START),
  workflow: renderFields(START),
  poll: renderFields(START),
});

const renderHead = rules({
  on: (triggers) => (triggers as readonly Fields[]).map(renderTrigger),
  concurrency: renderFields({ key: renderKey }),
});

const renderLoop = renderFields({ in: renderCondition });

const isLong = (forEach: unknown): boolean => typeof forEach === 'object' && !Array.isArray(forEach) && !isReference(forEach);

const renderKind = rules({
  if: renderCondition,
  forEach: (given) => (isLong(given) ? renderLoop(given) : renderCondition(given)),
  repeat: renderFields({ until: renderCondition, while: renderCondition }),
  succeedWhen: renderCondition,
  rateLimit: renderFields({ key: renderKey }),
  waitFor: renderFields({ match: renderCondition, key: renderKey, if: renderCondition }),
  workflow: (child) => (typeof child === 'string' ? child : (child as Fields)['workflow']),
});

const renderTask = ({ tasks, ...task }: Fields): Fields => ({
  ...renderKind(task),
  ...(tasks === undefined ? {} : (tasks as Grow)(Builder.group()).document()),
});

/** A document, or a group in one, as it grows. Each call gives another one and leaves this one as it is. */
export class Builder {
  private constructor(
    /** What stands before the tasks; null: it is a group. */
    private readonly head: Fields | null,
    private readonly members: readonly (readonly [id: string, task: Fields])[] = [],
    private readonly sequence = false,
    /** What stands behind the tasks. */
    private readonly tail: Fields = {},
  ) {}

  static workflow(name: string, { input, ...settings }: Fields): Builder {
    const schema = schemaOf(input);
    return new Builder({ workflow: name, ...(schema === undefined ? {} : { input: schema }), ...renderHead(settings) });
  }

  static group(): Builder {
    return new Builder(null);
  }

  task(id: string, task: Fields): Builder {
    return this.with(id, task, false);
  }

  step(id: string, step: Fields): Builder {
    return this.with(id, step, true);
  }

  onFailure(steps: Grow): Builder {
    return this.ending({ onFailure: steps(Builder.group()).document()['tasks'] });
  }

  output(given: unknown): Builder | Fields {
    const ended = this.ending({ output: renderValue(given) });
    return this.head === null ? ended : ended.document();
  }

  build(): Fields {
    return this.document();
  }

  document(): Fields {
    const tasks = this.sequence ? this.members.map(([id, task]) => ({ id, ...task })) : Object.fromEntries(this.members);
    return { ...this.head, tasks, ...this.tail };
  }

  private with(id: string, task: Fields, sequence: boolean): Builder {
    if (this.members.some(([other]) => other === id)) throw new TypeError(`there is a task ${id} already`);
    if (this.members.length > 0 && sequence !== this.sequence)
      throw new TypeError(`${id}: a group is either a graph of tasks or a sequence of steps`);
    return new Builder(this.head, [...this.members, [id, renderTask(task)]], sequence, this.tail);
  }

  private ending(tail: Fields): Builder {
    return new Builder(this.head, this.members, this.sequence, { ...this.tail, ...tail });
  }
}
