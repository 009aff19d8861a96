import type { Closing, JsonText, Origin, ReusedTask, RunId, RunStatus, VersionId } from '@reprise/core';
import { NO_ORIGIN } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';

/** A run that somebody wants to have again. */
export interface RepeatedRun {
  readonly id: RunId;
  readonly version: VersionId;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly scope: string;
  readonly closing: Closing | null;
  readonly input: JsonText;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: Origin;
  /** What it had done is undone, or being undone. */
  readonly compensated: boolean;
}

/** What a new run takes over from an earlier one. */
export interface TakenOver {
  readonly run: RunId;
  readonly before: RunId;
  readonly tasks: readonly ReusedTask[];
  readonly now: number;
}

type RepeatedRow = Omit<RepeatedRun, 'origin'> & { readonly origin: string | null } & Row;

/** Runs that repeat others. */
export class RerunStore {
  constructor(private readonly session: Session) {}

  async find(ids: readonly RunId[]): Promise<ReadonlyMap<RunId, RepeatedRun>> {
    if (ids.length === 0) return new Map();
    const rows = await this.session.run<RepeatedRow>(statement('find-repeated-runs'), [ids]);
    return new Map(
      rows.map((row) => [row.id, { ...row, origin: row.origin === null ? NO_ORIGIN : (JSON.parse(row.origin) as Origin) }]),
    );
  }

  /** The new run is there already, and says that these tasks have succeeded. */
  async takeOver({ run, before, tasks, now }: TakenOver): Promise<void> {
    if (tasks.length === 0) return;
    const rows = await this.session.run<{ at: string }>(statement('reuse-tasks'), [
      run,
      before,
      tasks.map((task) => task.before),
      tasks.map((task) => task.node),
      tasks.map((task) => task.list),
      now,
    ]);
    const found = rows.filter(({ at }) => at === '').length;
    // Without its row the new run could not be decided about, ever.
    if (found !== tasks.length)
      throw new Error(`run ${before} has ${found} of the ${tasks.length} results that are to be taken over`);
  }
}
