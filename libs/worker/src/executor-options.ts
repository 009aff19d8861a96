import type { Environment } from '@reprise/service';
import { HandlerRegistryError } from './handlers/handler-registry.js';
import { refuseUnknown } from './handlers/known-options.js';

export interface RepriseExecutorOptions {
  /** Task queue to take attempts from, or `queues`; default: `REPRISE_QUEUES`. */
  readonly queue?: string;
  readonly queues?: readonly string[];
  /** Handlers at the same time, 1 to 10,000; default: `REPRISE_CONCURRENCY`. */
  readonly concurrency?: number;
  /** Settings by the names of their variables (`DATABASE_URL`), for applications that have them from elsewhere; they go before the environment. */
  readonly environment?: Environment;
}

const KNOWN: Readonly<Record<keyof RepriseExecutorOptions, true>> = {
  queue: true,
  queues: true,
  concurrency: true,
  environment: true,
};

/** As `REPRISE_QUEUES` and `REPRISE_CONCURRENCY` take them. */
const QUEUE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const MOST_AT_ONCE = 10_000;

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value));

/**
 * A number that was not configured (`NaN`), no slot at all, or no queue would make an executor that starts and never works.
 * @throws HandlerRegistryError
 */
export function checkOptions(options: RepriseExecutorOptions): void {
  refuseUnknown('RepriseExecutorModule', options, KNOWN);
  const { queue, queues, concurrency } = options;
  const refuse = (problem: string): never => {
    throw new HandlerRegistryError(`RepriseExecutorModule: ${problem}`);
  };
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MOST_AT_ONCE))
    refuse(`concurrency must be a whole number from 1 to ${MOST_AT_ONCE}, not ${shown(concurrency)}`);
  if (queue !== undefined && queues !== undefined) refuse('give queue or queues, not both');
  if (queues?.length === 0) refuse('queues is empty: name at least one, or leave it to REPRISE_QUEUES');
  for (const name of queues ?? (queue === undefined ? [] : [queue]))
    if (!QUEUE.test(name)) refuse(`${shown(name)} is no name of a queue: letters, digits, _ and -, 100 at most`);
}
