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
      if (this.handlers.has(definition.name)) throw new HandlerRegistryError(`two handlers are called "${definition.name}"`);
      this.handlers.set(definition.name, definition);
    }
  }

  find(call: string): HandlerDefinition | null {
    return this.handlers.get(call) ?? null;
  }

  get names(): readonly string[] {
    return [...this.handlers.keys()].sort();
  }
}
