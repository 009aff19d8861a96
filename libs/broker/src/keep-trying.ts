import { reasonOf } from './broker-error.js';
import type { BrokerLogger } from './broker-logger.js';
import { growingMs, pause } from './pause.js';

export interface Persistence {
  /** Any of them ends it. */
  readonly signals: readonly AbortSignal[];
  readonly logger: BrokerLogger;
  readonly details: object;
}

const FIRST_PAUSE_MS = 200;
const MAXIMUM_PAUSE_MS = 5_000;

/**
 * Calls `work` until it resolves. Deliveries stay unacknowledged meanwhile: giving them back while Postgres is down would
 * spin, and RabbitMQ 4 drops a message after 20 deliveries.
 */
export async function untilItSucceeds<T>(
  work: () => Promise<T>,
  { signals, logger, details }: Persistence,
): Promise<{ readonly kind: 'done'; readonly value: T } | { readonly kind: 'gaveUp' }> {
  for (let failures = 1; ; failures += 1) {
    try {
      return { kind: 'done', value: await work() };
    } catch (error) {
      const pauseMs = growingMs(failures, FIRST_PAUSE_MS, MAXIMUM_PAUSE_MS);
      logger.error(
        { ...details, failures, pauseMs, reason: reasonOf(error), error },
        'deliveries not handled, trying the same again',
      );
      const signal = AbortSignal.any([...signals]);
      await pause(pauseMs, signal);
      if (signal.aborted) return { kind: 'gaveUp' };
    }
  }
}
