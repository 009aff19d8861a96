import { nearestName } from '@reprise/core';
import { HandlerRegistryError } from './handler-registry.js';

/**
 * Refuses what nobody reads: an option that was misspelt would otherwise be the default, and nobody would know.
 * `place` begins the message: `handler "shop.pay": retry`.
 * @throws HandlerRegistryError
 */
export function refuseUnknown(place: string, given: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const near = nearestName(name.slice(0, 100), Object.keys(known));
    const hint = near === null ? `there are ${Object.keys(known).join(', ')}` : `did you mean "${near}"?`;
    throw new HandlerRegistryError(`${place} has no option "${name.slice(0, 100)}": ${hint}`);
  }
}
