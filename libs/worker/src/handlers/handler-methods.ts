import 'reflect-metadata';
import type { Json } from '@reprise/core';
import type { Attempt } from './attempt.js';
import { defineHandler } from './define-handler.js';
import type { HandlerDefinition, HandlerMetadata } from './handler.js';

/** Where `@Handler` leaves what it says of a method. */
export const HANDLER_METADATA = 'reprise:handler';

/** The `@Handler` methods of an object, bound to it. Loads neither Nest nor a driver: tests use it too. */
export function handlerMethods(instance: object): readonly HandlerDefinition[] {
  return methodsOf(instance).flatMap((method) => {
    const metadata: HandlerMetadata | undefined = Reflect.getMetadata(HANDLER_METADATA, method);
    if (metadata === undefined) return [];
    const { name, options } = metadata;
    const run = (input: Json, attempt: Attempt): unknown => Reflect.apply(method, instance, [input, attempt]);
    return [{ ...defineHandler(name, options, run), declaredAt: `${instance.constructor.name}.${method.name}` }];
  });
}

/** Own ones first, then inherited ones; what is overridden counts once. Getters are left alone: reading one may do anything. */
function methodsOf(instance: object): readonly ((...given: unknown[]) => unknown)[] {
  const methods = new Map<string, unknown>();
  for (
    let type = Object.getPrototypeOf(instance);
    type !== null && type !== Object.prototype;
    type = Object.getPrototypeOf(type)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(type)))
      if (name !== 'constructor' && !methods.has(name)) methods.set(name, value);
  }
  return [...methods.values()].filter((value): value is () => unknown => typeof value === 'function');
}
