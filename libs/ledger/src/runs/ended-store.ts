import type { AttemptRecord, Fence, RunId, TaskError, TaskState, Why } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { type TaskRow, taskOf } from './task-row.js';

interface AttemptRow extends Row {
  readonly node: number;
  readonly at: string;
  readonly attempt: number;
  readonly fence: Fence;
  readonly outcome: AttemptRecord['outcome'];
  readonly executor: string | null;
  readonly queued_at: number | null;
  readonly started_at: number | null;
  readonly ended_at: number;
  readonly error: string | null;
  readonly why: string | null;
  readonly verdict: string | null;
}

/** What of a run has ended lately, for whoever tells of it once more. */
export class EndedStore {
  constructor(private readonly session: Session) {}

  async find(
    run: RunId,
    since: number,
    limit: number,
  ): Promise<{ readonly tasks: readonly TaskState[]; readonly attempts: readonly AttemptRecord[] }> {
    const tasks = await this.session.run<TaskRow>(statement('ended-tasks'), [run, since, limit]);
    const attempts = await this.session.run<AttemptRow>(statement('ended-attempts'), [run, since, limit]);
    return { tasks: tasks.map(taskOf), attempts: attempts.map(recordOf) };
  }
}

const recordOf = ({ queued_at, started_at, ended_at, error, why, verdict, ...row }: AttemptRow): AttemptRecord => ({
  ...row,
  queuedAt: queued_at,
  startedAt: started_at,
  endedAt: ended_at,
  error: error === null ? null : (JSON.parse(error) as TaskError),
  why: why === null ? null : (JSON.parse(why) as Why),
  verdict: verdict === null ? null : (JSON.parse(verdict) as Why),
});
