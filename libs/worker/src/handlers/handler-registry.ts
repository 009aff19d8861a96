import type { PartialRetryPolicy } from '@reprise/core';
import type { HandlerDefinition } from './handler.js';

/** A wiring error: shown at boot, before anything runs. */
export class HandlerRegistryError extends Error {
  readonly code = 'HANDLERS';
}

/** Which handlers this executor hosts, by call name. */
export class HandlerRegistry {
  private readonly handlers = new Map<string, HandlerDefinition>();

  /** @throws HandlerRegistryError for two handlers of one name */
  constructor(definitions: readonly HandlerDefinition[]) {
    for (const definition of definitions) {
      const other = this.handlers.get(definition.name);
      if (other !== undefined) throw new HandlerRegistryError(sameName(definition, other));
      this.handlers.set(definition.name, definition);
    }
  }

  find(call: string): HandlerDefinition | null {
    return this.handlers.get(call) ?? null;
  }

  /** Of those that have any, as this executor tells them to all others. */
  get limits(): Readonly<Record<string, { readonly max?: number; readonly perMs?: number; readonly concurrency?: number }>> {
    return Object.fromEntries(
      [...this.handlers.values()].flatMap(({ name, limits }) => {
        if (limits === undefined || limits === null) return [];
        const { rate, concurrency } = limits;
        return [[name, { ...(rate ?? {}), ...(concurrency === null ? {} : { concurrency }) }]];
      }),
    );
  }

  /** Of those that say how: who finds an attempt lost cannot ask its executor. */
  get retries(): Readonly<Record<string, PartialRetryPolicy>> {
    return Object.fromEntries([...this.handlers.values()].flatMap(({ name, retry }) => (retry === null ? [] : [[name, retry]])));
  }

  get names(): readonly string[] {
    return [...this.handlers.keys()].sort();
  }
}

function sameName({ name, declaredAt }: HandlerDefinition, other: HandlerDefinition): string {
  const message = `two handlers are called "${name}"`;
  if (declaredAt === undefined || other.declaredAt === undefined) return message;
  if (declaredAt === other.declaredAt)
    return `${message}: ${declaredAt} of two instances; provide the class in one module, and import that module where it is needed`;
  return `${message}: ${other.declaredAt} and ${declaredAt}; give one of them another name`;
}
