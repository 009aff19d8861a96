import { laneKeys } from '@reprise/core';
import { type ServiceContext, VERSION } from '@reprise/service';
import type { HandlerRegistry } from '../handlers/handler-registry.js';
import type { AttemptFigures } from './attempt-figures.js';
import type { SlotPool } from './slot-pool.js';

export interface Greeter {
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly registry: Pick<HandlerRegistry, 'names' | 'limits' | 'retries'>;
  readonly slots: Pick<SlotPool, 'taken'>;
  readonly figures: Pick<AttemptFigures, 'readUntil' | 'paces'>;
  readonly context: Pick<ServiceContext, 'clock' | 'settings'>;
}

/** What an executor says of itself in its lease row: to those who show it, to the watch, to who sends it work, and to the doctor. */
export function helloOf({ queues, concurrency, registry, slots, figures, context }: Greeter): Readonly<Record<string, unknown>> {
  const { clock, settings } = context;
  const read = queues.flatMap(laneKeys).map((key) => [key, { readUntil: figures.readUntil.get(key) ?? null }]);
  return {
    queues: Object.fromEntries(read),
    handlers: registry.names,
    limits: registry.limits,
    retries: registry.retries,
    paces: figures.paces.all,
    concurrency,
    busy: slots.taken,
    version: VERSION,
    clockMs: clock.now(),
    secrets: settings.secretNames(),
  };
}
