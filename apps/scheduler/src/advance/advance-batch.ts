import type { RunId } from '@reprise/core';
import { classifyError } from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import type { AdvanceRuns } from './advance-runs.js';
import type { Advanced } from './advanced.js';
import type { PublishDecisions } from './publish-decisions.js';
import type { Received } from './received.js';

export interface AdvanceBatchOptions {
  readonly runs: Pick<AdvanceRuns, 'advance'>;
  readonly publisher: Pick<PublishDecisions, 'publish' | 'takeAnnounced' | 'keepAnnounced'>;
  /** What is known of committed decisions, to be counted, traced and logged. */
  readonly observe: (advanced: readonly Advanced[]) => void;
  readonly logger: Logger;
  /** One run's inputs that failed alone, twice: stores them with the reason. */
  readonly bury: (received: readonly Received[], error: unknown) => Promise<void>;
}

/**
 * One batch, from the inbox to its acknowledgement. One bad row never blocks a shard: a batch that is refused for a reason that will not
 * pass is replayed run by run, and what fails alone is buried with its reason.
 */
export class AdvanceBatch {
  constructor(private readonly options: AdvanceBatchOptions) {}

  /** Resolves when the batch is committed; `done` when what follows is confirmed. */
  async process(received: readonly Received[]): Promise<{ readonly done: Promise<void> }> {
    const { publisher } = this.options;
    const announced = publisher.takeAnnounced();
    const advanced = await this.advance(received, announced);
    return { done: publisher.publish(advanced) };
  }

  private async advance(received: readonly Received[], announced: readonly RunId[]): Promise<readonly Advanced[]> {
    const { logger } = this.options;
    try {
      return await this.commit(received, announced);
    } catch (error) {
      this.options.publisher.keepAnnounced(announced);
      if (classifyError(error) !== 'refused') throw error;
      logger.error({ error, inputs: received.length }, 'a batch was refused, replaying it run by run');
      return this.replay(received);
    }
  }

  /** Counted as soon as it is committed: whatever fails next, it would not be committed again. */
  private async commit(received: readonly Received[], announced: readonly RunId[]): Promise<readonly Advanced[]> {
    const advanced = await this.options.runs.advance(received, announced);
    this.options.observe(advanced);
    return advanced;
  }

  private async replay(received: readonly Received[]): Promise<readonly Advanced[]> {
    const { logger, bury, publisher } = this.options;
    const advanced: Advanced[] = [];
    for (const [run, items] of groupByRun(received)) {
      try {
        advanced.push(...(await this.commit(items, [])));
      } catch (error) {
        try {
          if (classifyError(error) !== 'refused') throw error;
          logger.error({ run, error }, 'these inputs of a run cannot be acted on');
          await bury(items, error);
        } catch (failure) {
          // The batch comes again, but what these runs have committed would not be said again.
          await publisher.publish(advanced);
          throw failure;
        }
      }
    }
    return advanced;
  }
}

function groupByRun(received: readonly Received[]): ReadonlyMap<RunId, readonly Received[]> {
  const groups = new Map<RunId, Received[]>();
  for (const each of received) {
    const group = groups.get(each.item.run);
    if (group === undefined) groups.set(each.item.run, [each]);
    else group.push(each);
  }
  return groups;
}
