import type { DocumentChange, Json, RunStatus, TaskError, TaskStatus, Why } from '@reprise/core';

/** RFC 3339 in UTC, with milliseconds. */
export type Instant = string;

/** A page of a list. `next` is an opaque cursor; null: this was the last page. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** What changed from one version of a workflow to another. */
export interface WorkflowDiff {
  readonly workflow: string;
  /** Semver, or `#NUMBER` of one without. */
  readonly from: string;
  readonly to: string;
  readonly changes: readonly DocumentChange[];
}

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  /** The semver it was registered under; null: none. */
  readonly version: string | null;
  /** Which registration of the workflow, from 1. */
  readonly versionNumber: number | null;
  readonly status: RunStatus;
  /** Why nothing more starts; the run is still `running` until what is open has ended. */
  readonly closing: 'failed' | 'cancelled' | 'timedOut' | null;
  /** What started it: `event`, `api`, `amqp`, `cli` … */
  readonly trigger: string;
  /** The instant a schedule fired for. */
  readonly scheduledFor: Instant | null;
  readonly key: string | null;
  /** The run that has started this one and waits for it. */
  readonly parent: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly error: TaskError | null;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
}

export interface RunView extends RunSummary {
  readonly input: Json;
  readonly output: Json;
  /** End of the run's `timeout`. */
  readonly dueAt: Instant | null;
  /** What is done before a run that has failed, or was cancelled, ends: what it did is undone, then its `onFailure` runs. */
  readonly phase: 'compensating' | 'onFailure' | null;
  /** Something has been undone: it cannot be retried any more. */
  readonly compensated: boolean;
  /** The task that waits for it, in the run that has started it: `page[3].ship`. */
  readonly parentTask: string | null;
  /** The run that it repeats. */
  readonly rerunOf: string | null;
  /**
   * What a person can do next, with the command for it; null: nothing, or nothing yet. Of a run that has failed, is paused or was
   * cancelled, or of one with parked tasks among those that are shown.
   */
  readonly nextText: string | null;
  /** The first 500, in the order of the document, items in theirs. */
  readonly tasks: readonly TaskView[];
  /** Cursor of `/tasks` for those beyond the first 500. */
  readonly tasksNext: string | null;
}

export type TaskKind =
  | 'call'
  | 'transform'
  | 'sleep'
  | 'fail'
  | 'group'
  | 'list'
  | 'rounds'
  | 'wait'
  | 'emit'
  | 'child'
  | 'approval';

export interface TaskView {
  /** `page[3].charge` */
  readonly path: string;
  readonly status: TaskStatus;
  /** `list`: stands for all items of a forEach. `rounds`: for all rounds of a repeat, or all attempts of a group. */
  readonly kind: TaskKind;
  readonly call: string | null;
  readonly queue: string | null;
  readonly executor: string | null;
  /** Number of the current or last attempt; 0: it is never attempted. */
  readonly attempt: number;
  readonly cancelling: boolean;
  readonly createdAt: Instant | null;
  readonly queuedAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  /** While `retrying`. */
  readonly nextRetryAt: Instant | null;
  /** End of a sleep. */
  readonly dueAt: Instant | null;
  /** Lists only: how many items there are, were started, have ended, have failed. */
  readonly items: { readonly total: number; readonly started: number; readonly done: number; readonly failed: number } | null;
  /** Rounds only: the one that runs or ran last; 0: none yet. */
  readonly round: number | null;
  /** The run it waits for, or has waited for. */
  readonly child: ChildView | null;
  /** What it has recorded of its external effects; the first 50. */
  readonly effects: readonly EffectView[];
  readonly output: Json;
  /** The output is too large to be shown here; ask for the task by its path. */
  readonly outputTruncated: boolean;
  readonly error: TaskError | null;
  /** Why the current attempt was made or is waited for, as a record and as a sentence. */
  readonly why: Why | null;
  readonly whyText: string | null;
  /** The newest 20, oldest first, the current one included. */
  readonly attempts: readonly AttemptView[];
  readonly attemptsTruncated: boolean;
}

/** An external effect of a task, as the ledger knows it. */
export interface EffectView {
  readonly name: string;
  /** `intended` by an attempt that has ended: it is in doubt too. `void`: it is known not to have happened. */
  readonly state: 'intended' | 'committed' | 'void' | 'in_doubt';
  /** What the other system was given to recognise the request by. */
  readonly key: string;
  readonly onInDoubt: 'park' | 'retry' | 'probe' | 'fail';
  /** The attempt that began it last. */
  readonly attempt: number;
  readonly result: Json;
  readonly error: TaskError | null;
  /** The person who said how it ended; null: its handler did. */
  readonly settledBy: string | null;
  readonly begunAt: Instant | null;
  readonly changedAt: Instant | null;
}

/** A run that a task has started. */
export interface ChildView {
  readonly run: string;
  readonly workflow: string;
  /** null: it has not been started yet, or could not be. */
  readonly status: RunStatus | null;
}

/** One task alone, with what lists leave out. */
export interface TaskDetail extends TaskView {
  readonly input: Json;
}

export interface AttemptView {
  readonly number: number;
  readonly status: 'queued' | 'running' | 'retrying' | 'succeeded' | 'failed' | 'timeout' | 'lost' | 'cancelled' | 'in_doubt';
  readonly executor: string | null;
  readonly queuedAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly nextRetryAt: Instant | null;
  readonly error: TaskError | null;
  /** Why this attempt was made. */
  readonly why: Why | null;
  readonly whyText: string | null;
  /** What was decided when it had ended. */
  readonly verdict: Why | null;
  readonly verdictText: string | null;
  /** What the handler of a running attempt has last said with `heartbeat(progress)`, by the clock of its executor; written with its lease. */
  readonly heartbeat: { readonly at: Instant; readonly progress: Json } | null;
}

/** One thing that happened to a run. */
export interface HistoryFact {
  readonly at: Instant;
  /** `run.started`, `run.succeeded` … `task.started`, `task.parked`, `task.failed` … `attempt.queued`, `attempt.started`, `attempt.lost` … */
  readonly kind: string;
  /** Path of the task; null: the run itself. */
  readonly task: string | null;
  readonly attempt: number | null;
  readonly executor: string | null;
  /** Who did it; null: nobody known, or no person. */
  readonly by: string | null;
  readonly error: TaskError | null;
  readonly why: Why | null;
  readonly whyText: string | null;
  readonly verdict: Why | null;
  readonly verdictText: string | null;
  /** What else there is to say of it: the answer to an approval, say. */
  readonly detail: Json;
}

/** A trigger event, and what it did; or that one came again, under a source and id seen before. */
export interface EventView {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string | null;
  readonly outcome: 'accepted' | 'duplicate' | 'unmatched' | 'conflict' | 'rejected';
  readonly results: Json;
  /** How many waits of runs it was told to; `accepted` when it started a run or woke one. */
  readonly woken: number;
  readonly receivedAt: Instant;
  /** How often it came again with this outcome; 1 of an event itself. */
  readonly count: number;
  /** `receivedAt`: when it did so first. */
  readonly lastReceivedAt: Instant;
}

/** What an event that was sent to one run did: `woken` waits of the run are about to look at it. */
export interface SentEventAnswer {
  readonly id: string;
  readonly outcome: 'accepted' | 'duplicate';
  readonly woken: number;
}

/** Who owns a business key. */
export interface KeyView {
  readonly scope: 'call' | 'run';
  /** The call or the workflow. */
  readonly name: string;
  readonly key: string;
  readonly state: 'open' | 'succeeded';
  readonly run: string;
  readonly fingerprint: string;
  readonly result: Json;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
}

export interface WorkflowSummary {
  readonly workflow: string;
  readonly version: string | null;
  readonly versionNumber: number;
  readonly hash: string;
  readonly description: string | null;
  readonly createdAt: Instant;
}

export interface WorkflowView extends WorkflowSummary {
  readonly archived: boolean;
  readonly document: Json;
}
