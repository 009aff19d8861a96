import type { Json, JsonText, RunId, RunState, TaskState } from '@reprise/core';
import { depthOf } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { AdmissionStore } from './admission-store.js';
import { ApprovalStore } from './approval-store.js';
import { ChildStore } from './child-store.js';
import { EffectFindings } from './effect-store.js';
import { NoticeStore } from './notice-store.js';
import type { RunAddress } from './run-address.js';
import { type LockedRun, type RunRow, runColumns, runOf } from './run-row.js';
import { SlotStore } from './slot-store.js';
import { SuccessStore } from './success-store.js';
import { type AttemptWrite, attemptColumns, type TaskRow, type TaskWrite, taskColumns, taskOf } from './task-row.js';
import { byKey } from './ticket.js';
import { UndoStore } from './undo-store.js';
import { WaitStore } from './wait-store.js';

/** An ended task with a business key, to be settled with it. */
export interface KeyedEnd extends RunAddress {
  readonly call: string;
  readonly key: string;
  readonly output: JsonText | null;
  readonly succeeded: boolean;
  /** How long a success is kept. */
  readonly retentionMs: number;
}

export interface ItemRow {
  readonly at: string;
  readonly status: string;
  readonly output: JsonText | null;
  readonly error: string | null;
}

export interface OpenCommand {
  readonly id: string;
  readonly run: RunId;
  readonly kind: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly askedBy: string | null;
}

/** What one transaction of the scheduler reads and writes. Built on the transaction's session. */
export class AdvanceStore {
  readonly notices: NoticeStore;
  readonly approvals: ApprovalStore;
  readonly waits: WaitStore;
  readonly children: ChildStore;
  readonly slots: SlotStore;
  readonly admissions: AdmissionStore;
  readonly undo: UndoStore;
  readonly effects: EffectFindings;
  readonly successes: SuccessStore;

  constructor(private readonly session: Session) {
    this.notices = new NoticeStore(session);
    this.approvals = new ApprovalStore(session);
    this.waits = new WaitStore(session);
    this.children = new ChildStore(session);
    this.slots = new SlotStore(session);
    this.admissions = new AdmissionStore(session);
    this.undo = new UndoStore(session);
    this.effects = new EffectFindings(session);
    this.successes = new SuccessStore(session);
  }

  /** `ids` sorted. `now` is the database's clock under the locks. */
  async lockRuns(ids: readonly RunId[]): Promise<{ readonly runs: readonly LockedRun[]; readonly now: number }> {
    const rows = await this.session.run<RunRow>(statement('lock-runs'), [ids]);
    return { runs: rows.map(runOf), now: rows.at(-1)?.now ?? 0 };
  }

  /** In key order, whatever the order of `addresses`. Absent ones have no row. */
  async lockTasks(addresses: readonly RunAddress[]): Promise<readonly { readonly run: string; readonly task: TaskState }[]> {
    if (addresses.length === 0) return [];
    const sorted = [...addresses].sort(byKey);
    const values = [sorted.map((each) => each.run), sorted.map((each) => each.node), sorted.map((each) => each.at)];
    const rows = await this.session.run<TaskRow>(statement('lock-tasks'), values);
    return rows.map((row) => ({ run: row.run_id, task: taskOf(row) }));
  }

  async lockOpenTasks(run: RunId): Promise<readonly TaskState[]> {
    const rows = await this.session.run<TaskRow>(statement('lock-open-tasks'), [run]);
    return rows.map(taskOf);
  }

  async loadSlice(address: RunAddress, from: number, count: number): Promise<readonly Json[]> {
    const rows = await this.session.run<{ values: string }>(statement('load-slice'), [
      address.run,
      address.node,
      address.at,
      from,
      count,
    ]);
    return JSON.parse(rows[0]?.values ?? '[]') as Json[];
  }

  /** Ended items of a list, or how large they are together when that is more than `maxBytes`. */
  async loadItems(list: RunAddress, maxBytes: number): Promise<readonly ItemRow[] | { readonly bytes: number }> {
    const pattern = list.at === '' ? '%' : `${list.at}.%`;
    const values = [list.run, list.node, pattern, depthOf(list.at) + 1];
    const measured = await this.session.run<{ bytes: number }>(statement('measure-items'), values);
    const bytes = measured[0]?.bytes ?? 0;
    if (bytes > maxBytes) return { bytes };
    const rows = await this.session.run<{ at: string; status: string; output: JsonText | null; error: string | null }>(
      statement('load-items'),
      values,
    );
    return rows.filter((row) => row.at !== '');
  }

  async loadInput(run: RunId): Promise<JsonText | null> {
    const rows = await this.session.run<{ text: JsonText }>(statement('load-input'), [run]);
    return rows[0]?.text ?? null;
  }

  async loadOutput(address: RunAddress): Promise<JsonText | null> {
    const rows = await this.session.run<{ text: JsonText | null }>(statement('load-output'), [
      address.run,
      address.node,
      address.at,
    ]);
    return rows[0]?.text ?? null;
  }

  async updateRuns(runs: readonly RunState[]): Promise<void> {
    if (runs.length > 0) await this.session.write(statement('update-runs'), runColumns(runs));
  }

  async writeTasks(writes: readonly TaskWrite[]): Promise<void> {
    if (writes.length > 0) await this.session.write(statement('write-tasks'), taskColumns(writes));
  }

  async insertAttempts(writes: readonly AttemptWrite[]): Promise<void> {
    if (writes.length > 0) await this.session.write(statement('insert-attempts'), attemptColumns(writes));
  }

  async settleKeys(ends: readonly KeyedEnd[]): Promise<void> {
    if (ends.length === 0) return;
    await this.session.write(statement('settle-keys'), [
      ends.map((end) => end.call),
      ends.map((end) => end.key),
      ends.map((end) => end.run),
      ends.map((end) => end.node),
      ends.map((end) => end.at),
      ends.map((end) => end.succeeded),
      ends.map((end) => end.output),
      ends.map((end) => end.retentionMs),
    ]);
  }

  async markAnnounced(ids: readonly RunId[]): Promise<void> {
    if (ids.length > 0) await this.session.write(statement('mark-announced'), [ids]);
  }

  async takeCommands(runs: readonly RunId[]): Promise<readonly OpenCommand[]> {
    if (runs.length === 0) return [];
    type CommandRow = { id: string; run_id: RunId; kind: string; payload: Record<string, unknown>; asked_by: string | null };
    const rows = await this.session.run<CommandRow>(statement('take-commands'), [runs]);
    return rows.map((row) => ({ id: row.id, run: row.run_id, kind: row.kind, payload: row.payload, askedBy: row.asked_by }));
  }

  async finishCommands(results: readonly { readonly id: string; readonly result: string }[]): Promise<void> {
    if (results.length === 0) return;
    await this.session.write(statement('finish-commands'), [results.map((each) => each.id), results.map((each) => each.result)]);
  }
}
