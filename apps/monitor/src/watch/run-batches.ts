import type { BrokerConnection, Publisher } from '@reprise/broker';
import { encodeRunCommand, type InboxItem, packInbox } from '@reprise/contracts';
import { type BatchRun, BatchStore, counted, type Database, type LockedBatch } from '@reprise/ledger';
import { type Clock, faultPoint, type Logger } from '@reprise/service';
import { COMMANDS, commandOf, isCommand, skipReason } from './batch-command.js';

export interface RunBatchesOptions {
  readonly database: Database;
  readonly connection: Pick<BrokerConnection, 'names'>;
  readonly publisher: Pick<Publisher, 'publish'>;
  /** Whether this monitor leads: one at a time keeps the rate. */
  readonly leads: () => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Asks something of many runs, a second's worth at a time. A step writes the commands and how far the batch has come in one transaction:
 * whoever dies, none is asked twice and none is left out.
 */
export class RunBatches {
  constructor(private readonly options: RunBatchesOptions) {}

  /** `again`: it has taken a step. */
  async look(): Promise<'again' | 'rest'> {
    if (!this.options.leads()) return 'rest';
    const { database, connection, publisher, logger } = this.options;
    const asked = await database.transaction(async (session) => {
      const store = new BatchStore(session);
      const batch = await store.take(COMMANDS);
      const runs = batch === null ? null : await this.step(store, batch);
      if (runs !== null) await faultPoint('batch.before-commit');
      return runs;
    });
    if (asked === null) return 'rest';
    await faultPoint('batch.after-commit');
    const looks = asked.map(({ id, version }): InboxItem => ({ kind: 'look', run: id, version }));
    const outcomes = looks.length === 0 ? [] : await publisher.publish(packInbox(connection.names, looks));
    const untold = outcomes.filter((outcome) => outcome.kind !== 'confirmed').length;
    if (untold > 0) logger.warn({ messages: untold }, 'what a batch asked was not told; the watch will tell it');
    return 'again';
  }

  /** Returns the runs that are asked. */
  private async step(store: BatchStore, batch: LockedBatch): Promise<readonly BatchRun[]> {
    const { action, done, skipped, failed, rate } = batch;
    if (!isCommand(action)) throw new Error(`batch ${batch.id}: ${action} is not for a monitor`);
    const runs = await store.runs(batch, rate);
    const asked = runs.filter((run) => skipReason(action, run) === null);
    const reasons = runs.flatMap((run) => skipReason(action, run) ?? []);
    const ids = asked.map(() => this.options.clock.uuidv7());
    await store.command(
      ids,
      asked.map(({ id }) => id),
      encodeRunCommand(commandOf(action, batch)),
    );
    await store.write({
      id: batch.id,
      done: done + asked.length,
      skipped: counted(skipped, reasons),
      failed,
      below: runs.at(-1)?.id ?? batch.below,
      pauseMs: (asked.length / rate) * 1_000,
      last: runs.length < rate,
    });
    return asked;
  }
}
