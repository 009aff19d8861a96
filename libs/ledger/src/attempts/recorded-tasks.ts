import type { JsonText, RecordedAttempt, RecordedTask, RunId, TaskStatus, VersionId, Why, Workflow } from '@reprise/core';
import { keyOf } from '@reprise/core';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { WorkflowCache } from '../definitions/workflow-cache.js';
import { firstUuidAt } from '../schema/partitions.js';
import { CLOCK_SLACK_MS } from '../views/run-views-filter.js';

/** Which recordings, and how much of them at most. */
export interface RecordingFilter {
  readonly workflow: string;
  /** null: runs of any version. */
  readonly version: VersionId | null;
  /** Path of a task without indices, or of a group with all in it; null: every call. */
  readonly task: string | null;
  /** Runs created from here on; epoch milliseconds. */
  readonly sinceMs: number;
  readonly mostAttempts: number;
  readonly mostRuns: number;
}

/** What was read. Instants are epoch milliseconds. */
export interface RecordingSummary {
  readonly runs: number;
  /** When the oldest and the newest of these runs were created; null: there are none. */
  readonly oldest: number | null;
  readonly newest: number | null;
  /** There are more, all older than what was read (or of the oldest run). */
  readonly truncated: boolean;
  /** Tasks that say nothing yet, nothing, or too much: still open, cancelled or skipped, tried more than 1,000 times. */
  readonly leftOut: { readonly open: number; readonly cancelled: number; readonly tooLong: number };
}

interface RunRow extends Row {
  readonly id: RunId;
  readonly version_id: VersionId;
  readonly created_at: number;
  readonly due_at: number | null;
}

interface TaskRow extends Row {
  readonly run_id: RunId;
  readonly node: number;
  readonly at: string;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly total_until: number | null;
}

interface AttemptRow extends Row {
  readonly run_id: RunId;
  readonly node: number;
  readonly at: string;
  readonly outcome: RecordedAttempt['outcome'];
  readonly verdict: JsonText | null;
  readonly started_at: number | null;
  readonly ended_at: number;
}

const RUNS_AT_ONCE = 500;
const TASKS_AT_ONCE = 1_000;
const LONGEST = 1_000;

const ENDS: Readonly<Record<TaskStatus, RecordedTask['status'] | 'open' | 'cancelled'>> = {
  pending: 'open',
  ready: 'open',
  running: 'open',
  retrying: 'open',
  waiting: 'open',
  parked: 'parked',
  succeeded: 'succeeded',
  failed: 'failed',
  skipped: 'cancelled',
  cancelled: 'cancelled',
};

/** The paths of a version's calls, each with its node: `page.charge`, and `page.charge:compensate` for what undoes it. */
export function callPaths({ nodes }: Workflow): readonly { readonly node: number; readonly path: string }[] {
  return nodes
    .filter(({ work }) => work.kind === 'call')
    .map(({ index, path, compensates }) => {
      const undone = compensates === null ? undefined : nodes[compensates];
      return { node: index, path: undone === undefined ? path : `${undone.path}:compensate` };
    });
}

/** Whether a call is the task that is asked for, or in the group that is. */
export const isWithin = (path: string, task: string | null): boolean =>
  task === null || path === task || path.startsWith(`${task}.`);

/** What was recorded of tasks and their attempts, for simulations. Reads along keys, newest runs first, a page at a time. */
export class RecordedTasks {
  constructor(
    private readonly session: Session,
    private readonly workflows: WorkflowCache,
  ) {}

  /** Gives each task to `take`, and tells what it has read. */
  async read(filter: RecordingFilter, take: (task: RecordedTask) => void): Promise<RecordingSummary> {
    const reading = new Reading(filter, take);
    const from = firstUuidAt(Math.max(0, Math.floor(filter.sinceMs - CLOCK_SLACK_MS)));
    let below: RunId | null = null;
    while (reading.goesOn) {
      const count = Math.min(RUNS_AT_ONCE, reading.runsLeft + 1);
      const values = [filter.workflow, below, from, filter.sinceMs, filter.version, count];
      const runs: readonly RunRow[] = await this.session.run<RunRow>(statement('recorded-runs'), values);
      const taken = reading.takeRuns(runs);
      for (const version of new Set(taken.map(({ version_id }) => version_id))) await this.readVersion(reading, version, taken);
      below = runs.at(-1)?.id ?? null;
      if (runs.length < count) break;
    }
    return reading.summary();
  }

  private async readVersion(reading: Reading, version: VersionId, all: readonly RunRow[]): Promise<void> {
    const workflow = await this.workflows.get(version);
    if (workflow === null) throw new Error(`there is no workflow version ${version}`);
    const wanted = callPaths(workflow).filter(({ path }) => isWithin(path, reading.filter.task));
    const runs = new Map(all.filter(({ version_id }) => version_id === version).map((run) => [run.id, run]));
    const nodes = wanted.map(({ node }) => node);
    if (nodes.length === 0 || !reading.goesOn) return;
    const values = [[...runs.keys()], nodes, reading.attemptsLeft + 1];
    const tasks = reading.takeTasks(await this.session.run<TaskRow>(statement('recorded-tasks'), values));
    for (let at = 0; at < tasks.length; at += TASKS_AT_ONCE) {
      const some = tasks.slice(at, at + TASKS_AT_ONCE);
      const attempts = await this.attemptsOf(some);
      for (const task of some) {
        const found = attempts.get(placeOf(task)) ?? (task.status === 'succeeded' ? [firstTry(task)] : []);
        const dueAt = runs.get(task.run_id)?.due_at ?? Number.POSITIVE_INFINITY;
        const deadlineAt = Math.min(dueAt, task.total_until ?? Number.POSITIVE_INFINITY);
        const work = workflow.nodes[task.node]?.work;
        reading.take({
          attempts: found,
          status: task.status === 'succeeded' || task.status === 'parked' ? task.status : 'failed',
          retry: work?.kind === 'call' ? work.retry : {},
          deadlineAt: Number.isFinite(deadlineAt) ? deadlineAt : null,
        });
      }
    }
  }

  private async attemptsOf(tasks: readonly TaskRow[]): Promise<ReadonlyMap<string, readonly RecordedAttempt[]>> {
    const found = new Map<string, RecordedAttempt[]>();
    const keys = [tasks.map(({ run_id }) => run_id), tasks.map(({ node }) => node), tasks.map(({ at }) => at)];
    for (const row of await this.session.run<AttemptRow>(statement('recorded-attempts'), [...keys, LONGEST])) {
      const attempts = found.get(placeOf(row)) ?? [];
      attempts.push(attemptOf(row));
      found.set(placeOf(row), attempts);
    }
    return found;
  }
}

/** How far a reading has come, and what it may still read. */
class Reading {
  attemptsLeft: number;
  runsLeft: number;
  private runs = 0;
  private oldest: number | null = null;
  private newest: number | null = null;
  private truncated = false;
  private readonly leftOut = { open: 0, cancelled: 0, tooLong: 0 };

  constructor(
    readonly filter: RecordingFilter,
    readonly take: (task: RecordedTask) => void,
  ) {
    this.attemptsLeft = filter.mostAttempts;
    this.runsLeft = filter.mostRuns;
  }

  get goesOn(): boolean {
    return !this.truncated;
  }

  takeRuns(rows: readonly RunRow[]): readonly RunRow[] {
    const taken = rows.slice(0, this.runsLeft);
    this.truncated ||= taken.length < rows.length;
    this.runsLeft -= taken.length;
    this.runs += taken.length;
    this.newest ??= taken[0]?.created_at ?? null;
    this.oldest = taken.at(-1)?.created_at ?? this.oldest;
    return taken;
  }

  takeTasks(rows: readonly TaskRow[]): readonly TaskRow[] {
    const taken: TaskRow[] = [];
    // As many as were asked for: there may be more.
    this.truncated ||= rows.length > this.attemptsLeft;
    for (const row of rows) {
      const end = ENDS[row.status];
      if (end === 'open' || end === 'cancelled') this.leftOut[end] += 1;
      else if (row.attempt > LONGEST) this.leftOut.tooLong += 1;
      else if (row.attempt > this.attemptsLeft) {
        this.truncated = true;
        break;
      } else {
        this.attemptsLeft -= row.attempt;
        taken.push(row);
      }
    }
    return taken;
  }

  summary(): RecordingSummary {
    const { runs, oldest, newest, truncated, leftOut } = this;
    return { runs, oldest, newest, truncated, leftOut: { ...leftOut } };
  }
}

const placeOf = ({ run_id, node, at }: Pick<TaskRow, 'run_id' | 'node' | 'at'>): string => `${run_id}:${keyOf(node, at)}`;

/** A success at the first try has no attempt row: its task's row tells. */
const firstTry = ({ started_at, ended_at }: TaskRow): RecordedAttempt => ({
  outcome: 'succeeded',
  startedAt: started_at,
  endedAt: ended_at ?? started_at ?? 0,
  verdict: null,
});

const attemptOf = ({ outcome, verdict, started_at, ended_at }: AttemptRow): RecordedAttempt => ({
  outcome,
  startedAt: started_at,
  endedAt: ended_at,
  verdict: verdict === null ? null : (JSON.parse(verdict) as Why),
});
