import type { DiscoveryService } from '@nestjs/core';
import type { HandlerDefinition } from './handler.js';
import { handlerMethods } from './handler-methods.js';
import { HandlerRegistryError } from './handler-registry.js';

/**
 * Every `@Handler` method of every provider of the application, bound to its instance.
 * @throws HandlerRegistryError for a provider that has no instance of its own (request-scoped, transient), for handlers of a controller
 */
export function discoverHandlers(discovery: DiscoveryService): readonly HandlerDefinition[] {
  for (const { instance, name } of discovery.getControllers()) {
    const [first] = typeof instance === 'object' && instance !== null ? handlerMethods(instance) : [];
    if (first === undefined) continue;
    throw new HandlerRegistryError(`handler "${first.name}" is in the controller ${String(name)}; handlers belong to providers`);
  }
  const seen = new Set<unknown>();
  return discovery.getProviders().flatMap((provider) => {
    const instance: unknown = provider.instance;
    // An alias (`useExisting`) is the same instance under another token, not a second handler.
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) return [];
    seen.add(instance);
    const handlers = handlerMethods(instance);
    const [first] = handlers;
    if (first !== undefined && !provider.isDependencyTreeStatic()) {
      const message = `handler "${first.name}": its provider ${String(provider.name)} or one it needs is request-scoped; handlers belong to providers of the default scope`;
      throw new HandlerRegistryError(message);
    }
    return handlers;
  });
}
