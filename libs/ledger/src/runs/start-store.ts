import type { AttemptRecord, JsonText, RunId, RunState, RunStatus, TaskState, VersionId } from '@reprise/core';
import { hasRunEnded, NO_ORIGIN } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { type ApprovalDecided, ApprovalStore } from './approval-store.js';
import { attemptColumns, sparse, taskColumns, textOrNull } from './task-row.js';

/** A start that has been decided: its run, its first tasks and what they led to. */
export interface StartWrite {
  readonly run: RunState;
  readonly version: VersionId;
  readonly workflow: string;
  /** What started it: `event`, `api`, `amqp`, `cli`… */
  readonly trigger: string;
  readonly key: string | null;
  /** Under which concurrency key it holds a place or waits for one. */
  readonly slotKey?: string | null;
  readonly tasks: readonly TaskState[];
  readonly attempts: readonly AttemptRecord[];
  /** What is asked of people at once. */
  readonly approvals?: readonly ApprovalDecided[];
}

export interface RunKey {
  readonly workflow: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly run: RunId;
}

/** Who has a business key: `taken` now by the asker, or `held` before by another start. */
export type KeyHolder = { readonly kind: 'taken' } | HeldKey;

export interface HeldKey {
  readonly kind: 'held';
  readonly run: RunId;
  readonly fingerprint: string;
  /** Of the run; null: it has been deleted since. */
  readonly status: RunStatus | null;
}

export interface SeenEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly fingerprint: string;
  readonly outcome: EventOutcome;
  readonly results: JsonText;
}

export type EventOutcome = 'accepted' | 'unmatched' | 'conflict' | 'rejected';

export interface KnownEvent {
  readonly source: string;
  readonly id: string;
  readonly fingerprint: string;
  readonly outcome: EventOutcome;
  readonly results: JsonText;
}

/** What one transaction of the trigger reads and writes. */
export class StartStore {
  constructor(private readonly session: Session) {}

  /** Those among `events` that were never seen before, as `source\nid`. */
  async insertEvents(events: readonly SeenEvent[]): Promise<ReadonlySet<string>> {
    if (events.length === 0) return new Set();
    const sorted = [...events].sort((a, b) => (eventKey(a) < eventKey(b) ? -1 : 1));
    const rows = await this.session.run<{ source: string; id: string }>(statement('insert-events'), [
      sorted.map((event) => event.source),
      sorted.map((event) => event.id),
      sorted.map((event) => event.type),
      sorted.map((event) => event.subject),
      sorted.map((event) => event.fingerprint),
      sorted.map((event) => event.outcome),
      sorted.map((event) => event.results),
    ]);
    return new Set(rows.map(eventKey));
  }

  async findEvents(keys: readonly { readonly source: string; readonly id: string }[]): Promise<readonly KnownEvent[]> {
    if (keys.length === 0) return [];
    return this.session.run<KnownEvent & Record<string, unknown>>(statement('find-events'), [
      keys.map((key) => key.source),
      keys.map((key) => key.id),
    ]);
  }

  /** An event whose message bore no id, by its sender and body. */
  async findAnonymousEvent(source: string, bodyHash: string): Promise<KnownEvent | null> {
    const rows = await this.session.run<KnownEvent & Record<string, unknown>>(statement('find-anonymous-event'), [
      source,
      bodyHash,
    ]);
    return rows[0] ?? null;
  }

  async updateEventResults(events: readonly Pick<SeenEvent, 'source' | 'id' | 'outcome' | 'results'>[]): Promise<void> {
    if (events.length === 0) return;
    await this.session.write(statement('update-event-results'), [
      events.map((event) => event.source),
      events.map((event) => event.id),
      events.map((event) => event.outcome),
      events.map((event) => event.results),
    ]);
  }

  /** `keys` hold no pair of workflow and key twice. Answers in their order. */
  async takeKeys(keys: readonly RunKey[], retentionMs: number): Promise<readonly KeyHolder[]> {
    if (keys.length === 0) return [];
    const sorted = [...keys].sort((a, b) => (runKeyText(a) < runKeyText(b) ? -1 : 1));
    const taken = await this.session.run<{ name: string; key: string }>(statement('take-run-keys'), [
      sorted.map((key) => key.workflow),
      sorted.map((key) => key.key),
      sorted.map((key) => key.fingerprint),
      sorted.map((key) => key.run),
      retentionMs,
    ]);
    const won = new Set(taken.map(({ name, key }) => runKeyText({ workflow: name, key })));
    const lost = keys.filter((key) => !won.has(runKeyText(key)));
    const holders = await this.findKeys(lost);
    return keys.map((key) => holders.get(runKeyText(key)) ?? { kind: 'taken' });
  }

  /** Those of these keys that somebody has, as `workflow\nkey`. */
  async findKeys(keys: readonly Pick<RunKey, 'workflow' | 'key'>[]): Promise<ReadonlyMap<string, HeldKey>> {
    if (keys.length === 0) return new Map();
    type HeldRow = { name: string; key: string; fingerprint: string; run_id: RunId; status: RunStatus | null };
    const rows = await this.session.run<HeldRow>(statement('find-run-keys'), [
      keys.map((key) => key.workflow),
      keys.map((key) => key.key),
    ]);
    return new Map(
      rows.map(({ name, key, fingerprint, run_id: run, status }) => [
        runKeyText({ workflow: name, key }),
        { kind: 'held', run, fingerprint, status },
      ]),
    );
  }

  async insertRuns(starts: readonly StartWrite[]): Promise<void> {
    if (starts.length === 0) return;
    await this.session.write(statement('insert-runs'), runInsertColumns(starts));
    const tasks = starts.flatMap((start) => start.tasks.map((task) => ({ run: start.run.id, task })));
    if (tasks.length > 0) await this.session.write(statement('write-tasks'), taskColumns(tasks));
    const attempts = starts.flatMap((start) => start.attempts.map((record) => ({ run: start.run.id, record })));
    if (attempts.length > 0) await this.session.write(statement('insert-attempts'), attemptColumns(attempts));
    await new ApprovalStore(this.session).write(starts.flatMap(({ approvals = [] }) => approvals));
  }
}

export const eventKey = (event: { readonly source: string; readonly id: string }): string => `${event.source}\n${event.id}`;

export const runKeyText = ({ workflow, key }: Pick<RunKey, 'workflow' | 'key'>): string => `${workflow}\n${key}`;

/** Columns of `insert-runs`, in its order. */
function runInsertColumns(starts: readonly StartWrite[]): unknown[] {
  const column = <Value>(pick: (run: RunState) => Value) => sparse(starts.map((start) => pick(start.run)));
  return [
    column((run) => run.id),
    starts.map((start) => start.version),
    starts.map((start) => start.workflow),
    column((run) => run.status),
    column((run) => run.scope.states),
    column((run) => run.scope.closing),
    column((run) => textOrNull(run.scope.error)),
    starts.map((start) => start.trigger),
    sparse(starts.map((start) => start.key)),
    column((run) => run.input),
    column((run) => run.output),
    column((run) => textOrNull(run.error)),
    column((run) => JSON.stringify(run.labels)),
    column((run) => run.createdAt),
    column((run) => run.startedAt),
    column((run) => run.endedAt),
    column((run) => run.dueAt),
    column((run) => run.watchAt),
    column((run) => !hasRunEnded(run.status)),
    column((run) => (run.origin === NO_ORIGIN ? null : JSON.stringify(run.origin))),
    column((run) => run.origin.parent?.run ?? null),
    sparse(starts.map((start) => start.slotKey ?? null)),
  ];
}
