import { nearestName, parsePath, type Workflow } from '@reprise/core';
import type { HandlerDefinition } from '../handlers/handler.js';
import { handlerMethods } from '../handlers/handler-methods.js';
import { HandlerRegistryError } from '../handlers/handler-registry.js';
import { type Mock, play } from './mock.js';
import type { Player } from './played-attempt.js';
import { TesterError } from './tester-error.js';

/** Mocks by the path of a task (`page[3].fetch`, `charge:compensate`) or by the name of a call; the path comes first. */
export type Mocks = Readonly<Record<string, Mock>>;

/** What plays the calls: mocks, definitions, objects with `@Handler` methods. Of one name the last one counts. */
export type Handlers = Mocks | readonly (Mocks | HandlerDefinition | object)[];

/** Who plays which call. */
export class Players {
  private readonly mocks = new Map<string, Mock>();
  private readonly real = new Map<string, HandlerDefinition>();

  constructor(handlers: Handlers) {
    for (const given of isList(handlers) ? handlers : [handlers]) this.add(given);
  }

  private add(given: object): void {
    if (isDefinition(given)) return this.host(given);
    const prototype: unknown = Object.getPrototypeOf(given);
    if (prototype === Object.prototype || prototype === null) {
      for (const [name, mock] of Object.entries(given)) this.mocks.set(name, mock as Mock);
      return;
    }
    const methods = handlerMethods(given);
    if (methods.length === 0) {
      const message = `${given.constructor.name} has no method with @Handler: give an instance of a class that has, a definition, or { 'some.call': mock }`;
      throw new TesterError('NOT_GIVEN', message);
    }
    for (const method of methods) this.host(method);
  }

  private host(definition: HandlerDefinition): void {
    if (this.real.has(definition.name)) throw new HandlerRegistryError(`two handlers are called "${definition.name}"`);
    this.real.set(definition.name, definition);
  }

  /** @throws TesterError for a mock of what no document has: a slip of the pen */
  check(workflows: readonly Workflow[]): void {
    const calls = workflows.flatMap(({ nodes }) => nodes.flatMap(({ work }) => (work.kind === 'call' ? [work.call] : [])));
    for (const name of this.mocks.keys()) {
      if (calls.includes(name) || workflows.some((workflow) => parsePath(workflow, name) !== null)) continue;
      const near = nearestName(name, calls);
      const hint = near === null ? `it calls ${[...new Set(calls)].sort().join(', ') || 'nothing'}` : `did you mean "${near}"?`;
      throw new TesterError(
        'UNKNOWN_NAME',
        `there is a mock for "${name}", which the document neither calls nor has as a task; ${hint}`,
      );
    }
  }

  /** What the handler of a call says of itself, also where a mock plays it. */
  declared(call: string): Pick<HandlerDefinition, 'effect' | 'onInDoubt' | 'retry'> {
    return this.real.get(call) ?? { effect: 'idempotent', retry: null };
  }

  of(path: string, call: string): Player {
    const mock = this.mocks.get(this.mocks.has(path) ? path : call);
    const definition = this.real.get(call) ?? null;
    if (mock !== undefined) return { definition, run: (input, attempt) => play(mock, input, attempt) };
    if (definition !== null) return { definition, run: (input, attempt) => definition.run(input, attempt) };
    return { definition, run: () => refuse(path, call) };
  }
}

function refuse(path: string, call: string): never {
  const message = `task "${path}" calls "${call}", which nobody plays in this test; give testWorkflow a mock, { handlers: { '${call}': (input, attempt) => ({ … }) } }, or the handler itself, { handlers: [new Payments()] }`;
  throw new TesterError('NOT_GIVEN', message);
}

const isList = (handlers: Handlers): handlers is readonly object[] => Array.isArray(handlers);

const isDefinition = (given: object): given is HandlerDefinition =>
  'run' in given &&
  typeof given.run === 'function' &&
  'name' in given &&
  typeof given.name === 'string' &&
  'attemptTimeoutMs' in given;
