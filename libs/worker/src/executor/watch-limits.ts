import type { AttemptTicket } from '@reprise/contracts';
import { dependencyOf, type Guards, type HoldReason } from '@reprise/core';
import type { DependencyStore } from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import type { HandlerDefinition } from '../handlers/handler.js';

export interface WatchLimitsOptions {
  readonly store: Pick<DependencyStore, 'troubled'>;
  readonly mode: Guards['dependencies'];
  readonly logger: Logger;
}

/**
 * Attempts that waited in a queue while the breaker of what they depend on opened must not all go and fail, and no attempt of a handler
 * with limits starts that the ledger has not let start. The ledger is looked at every second; what it has let through is believed.
 */
export class WatchLimits {
  private troubled: ReadonlySet<string> = new Set();
  private looking = false;

  constructor(private readonly options: WatchLimitsOptions) {}

  /** Never throws: what was known stays known. */
  async look(): Promise<void> {
    const { store, mode, logger } = this.options;
    if (mode === 'off' || this.looking) return;
    this.looking = true;
    try {
      this.troubled = await store.troubled();
    } catch (error) {
      logger.debug({ error }, 'which breakers are open could not be read; it is read again in a second');
    } finally {
      this.looking = false;
    }
  }

  /** Why an attempt must not start yet, or null. */
  holdOf(ticket: AttemptTicket, { limits }: HandlerDefinition): HoldReason | null {
    if (ticket.admitted === true) return null;
    if (limits !== undefined && limits !== null) return limits.concurrency === null ? 'RATE_LIMIT' : 'CONCURRENCY';
    if (this.troubled.size === 0) return null;
    const dependency = dependencyOf(ticket, this.options.mode);
    return dependency !== null && this.troubled.has(dependency) ? 'BREAKER_OPEN' : null;
  }
}
