import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Json } from '@reprise/core';
import type { Attempt } from './attempt.js';
import { defineHandler } from './define-handler.js';
import { HANDLER_METADATA, type HandlerDefinition, type HandlerMetadata } from './handler.js';
import { HandlerRegistryError } from './handler-registry.js';

/**
 * Every `@Handler` method of every provider of the application, bound to its instance.
 * @throws HandlerRegistryError for a provider that has no instance of its own (request-scoped, transient)
 */
export function discoverHandlers(discovery: DiscoveryService, scanner: MetadataScanner): readonly HandlerDefinition[] {
  const seen = new Set<unknown>();
  return discovery.getProviders().flatMap((provider) => {
    const instance: unknown = provider.instance;
    // An alias (`useExisting`) is the same instance under another token, not a second handler.
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) return [];
    seen.add(instance);
    const handlers = handlersOf(instance, scanner);
    const [first] = handlers;
    if (first !== undefined && !provider.isDependencyTreeStatic()) {
      const message = `handler "${first.name}": its provider ${String(provider.name)} or one it needs is request-scoped; handlers belong to providers of the default scope`;
      throw new HandlerRegistryError(message);
    }
    return handlers;
  });
}

function handlersOf(instance: object, scanner: MetadataScanner): readonly HandlerDefinition[] {
  const methods = instance as Readonly<Record<string, unknown>>;
  return scanner.getAllMethodNames(Object.getPrototypeOf(instance)).flatMap((name) => {
    const method = methods[name];
    const metadata: HandlerMetadata | undefined =
      typeof method === 'function' ? Reflect.getMetadata(HANDLER_METADATA, method) : undefined;
    if (metadata === undefined || typeof method !== 'function') return [];
    return [
      defineHandler(metadata.name, metadata.options, (input: Json, attempt: Attempt) => method.call(instance, input, attempt)),
    ];
  });
}
