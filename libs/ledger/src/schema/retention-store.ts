import type { RunId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import type { Session } from '../connection/session.js';
import { type Statement, statement } from '../connection/statement.js';
import { firstUuidAt, listWeeks } from './partitions.js';
import type { RunRange } from './week-ranges.js';

/** A place in the walk over ended runs: behind this run. */
export interface EndedRun {
  readonly id: RunId;
  /** When it ended, exactly as the ledger has it. */
  readonly ended: string;
}

export const FIRST_END: EndedRun = { id: '00000000-0000-0000-0000-000000000000' as RunId, ended: '-infinity' };

/** What is old enough to go. Times are epoch milliseconds by the database's clock. */
export class RetentionStore {
  constructor(private readonly database: Database) {}

  async now(): Promise<number> {
    const [row] = await this.database.run<{ now: number }>(statement('database-now'), []);
    return row?.now ?? 0;
  }

  /** The weeks that have a partition, the oldest first. */
  weeks(): Promise<readonly number[]> {
    return listWeeks(this.database);
  }

  /** The oldest of the `most` newest runs; null: there are not so many. Probes of polls do not count. */
  async oldestKept(most: number): Promise<string | null> {
    const rows = await this.database.run<{ id: string }>(statement('oldest-kept-run'), [most]);
    return rows[0]?.id ?? null;
  }

  /** In the order they ended. */
  endedRuns({ from, below }: RunRange, endedBefore: number, after: EndedRun, limit: number): Promise<readonly EndedRun[]> {
    const values = [from, below, endedBefore, after.ended, after.id, limit];
    return this.database.run<EndedRun & Record<string, unknown>>(statement('walk-ended-runs'), values);
  }

  /** Runs of which there is more than goes with their partitions: commands, approvals, events. */
  async runsWithMore({ from, below }: RunRange, limit: number): Promise<readonly RunId[]> {
    return ids(await this.database.run<{ id: RunId }>(statement('runs-with-more'), [from, below, limit]));
  }

  /** In order, as many of these runs together as have `most` tasks; one that has more is alone. */
  async portions(runs: readonly RunId[], most: number): Promise<readonly (readonly RunId[])[]> {
    const rows = await this.database.run<{ id: RunId; tasks: number }>(statement('count-run-tasks'), [runs, most + 1]);
    const portions: RunId[][] = [];
    let room = 0;
    for (const { id, tasks } of rows) {
      if (tasks > room || portions.length === 0) {
        portions.push([]);
        room = most;
      }
      portions.at(-1)?.push(id);
      room -= tasks;
    }
    return portions;
  }

  async orphansOf(parents: readonly RunId[]): Promise<readonly RunId[]> {
    const [first] = [...parents].sort();
    if (first === undefined) return [];
    return ids(await this.database.run<{ id: RunId }>(statement('orphaned-runs'), [parents, first]));
  }

  /** Names under which probes of polls run. */
  async probeNames(): Promise<readonly string[]> {
    const rows = await this.database.run<{ name: string }>(statement('probe-names'), []);
    return rows.map(({ name }) => name);
  }

  /** In the order of their ids, but for the `kept` newest. */
  async endedProbes(name: string, endedBefore: number, kept: number, after: RunId, limit: number): Promise<readonly RunId[]> {
    const values = [name, endedBefore, kept, after, limit];
    return ids(await this.database.run<{ id: RunId }>(statement('ended-probes'), values));
  }

  /** What follows returns how many are gone. */
  forgetPollEvents(source: string, seenBefore: number, kept: number, limit: number): Promise<number> {
    return this.forget(statement('forget-poll-events'), [source, seenBefore, kept, limit]);
  }

  forgetEvents(seenBefore: number, limit: number): Promise<number> {
    return this.forget(statement('forget-events'), [seenBefore, limit]);
  }

  /** Events that came again. */
  forgetRepeats(seenBefore: number, limit: number): Promise<number> {
    return this.forget(statement('forget-repeats'), [seenBefore, limit]);
  }

  forgetKeys(limit: number): Promise<number> {
    return this.forget(statement('forget-keys'), [limit]);
  }

  forgetLetters(settledBefore: number, limit: number): Promise<number> {
    return this.forget(statement('forget-letters'), [settledBefore, firstUuidAt(Math.max(0, settledBefore)), limit]);
  }

  forgetBulk(endedBefore: number): Promise<number> {
    return this.forget(statement('forget-bulk'), [endedBefore]);
  }

  forgetDead(): Promise<number> {
    return this.forget(statement('forget-dead'), []);
  }

  private async forget(forgetting: Statement, values: readonly unknown[]): Promise<number> {
    const rows = await this.database.run<{ gone: number }>(forgetting, values);
    return rows[0]?.gone ?? 0;
  }
}

/** Those of these runs that may go, locked until the transaction ends. */
export async function lockEndedRuns(session: Session, runs: readonly RunId[], endedBefore: number): Promise<readonly RunId[]> {
  return ids(await session.run<{ id: RunId }>(statement('lock-ended-runs'), [runs, endedBefore]));
}

/** Locked runs and all that is theirs. */
export async function deleteRuns(session: Session, runs: readonly RunId[]): Promise<void> {
  await session.run(statement('allow-time'), []);
  await session.run(statement('delete-runs'), [runs]);
}

const ids = (rows: readonly { readonly id: RunId }[]): readonly RunId[] => rows.map(({ id }) => id);
