import type { Address, ChildState, Fence, JsonText, Origin, RunId, RunStatus, TaskError, VersionId } from '@reprise/core';
import { NO_ORIGIN } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { RunAddress } from './run-address.js';
import { byKey } from './ticket.js';

/** A task that waits for a child run, under one fence. */
export interface ParentAddress extends RunAddress {
  readonly fence: Fence;
}

/** What never changes of it, whoever starts the child. */
export interface WaitingParent extends ParentAddress {
  readonly status: string;
  /** The child's id and its input; null: it waits for something else. */
  readonly child: RunId | null;
  readonly input: JsonText | null;
  /** Of the parent's run. */
  readonly origin: Origin;
  readonly version: VersionId;
  /** How often it was taken up again. */
  readonly reopened: number;
}

export interface RunCancel {
  readonly run: RunId;
  readonly reason: string;
}

/** Runs that other runs have started: what a parent sees of them, and what must hold when one is started. */
export class ChildStore {
  constructor(private readonly session: Session) {}

  async load(ids: readonly RunId[]): Promise<ReadonlyMap<RunId, ChildState | null>> {
    type ChildRow = { id: RunId; status: RunStatus; output: JsonText | null; error: string | null };
    const rows = await this.session.run<ChildRow>(statement('load-children'), [ids]);
    const found = new Map<RunId, ChildState | null>(ids.map((id) => [id, null]));
    for (const { id, status, output, error } of rows) {
      found.set(id, { status, output, error: error === null ? null : (JSON.parse(error) as TaskError) });
    }
    return found;
  }

  /**
   * Those that have ended already are left alone. Each once, for the reason given last: two messages about the same time that is over may come in
   * one batch, and a statement that meets a row twice is refused as a whole.
   */
  async cancel(cancels: readonly RunCancel[]): Promise<void> {
    if (cancels.length === 0) return;
    const each = new Map(cancels.map((cancel) => [cancel.run, cancel]));
    const sorted = [...each.values()].sort((a, b) => (a.run < b.run ? -1 : 1));
    await this.session.write(statement('insert-cancels'), [sorted.map(({ run }) => run), sorted.map(({ reason }) => reason)]);
  }

  async parents(addresses: readonly (Address & { readonly run: RunId })[]): Promise<readonly WaitingParent[]> {
    if (addresses.length === 0) return [];
    type ParentRow = {
      run_id: RunId;
      node: number;
      at: string;
      status: string;
      fence: Fence;
      input: JsonText | null;
      child: RunId | null;
      origin: string | null;
      version: VersionId;
      reopened: number;
    };
    const values = [addresses.map(({ run }) => run), addresses.map(({ node }) => node), addresses.map(({ at }) => at)];
    const rows = await this.session.run<ParentRow>(statement('read-parents'), values);
    return rows.map(({ run_id: run, origin, ...row }) => ({
      ...row,
      run,
      origin: origin === null ? NO_ORIGIN : (JSON.parse(origin) as Origin),
    }));
  }

  /** Those that still wait under their fence, locked until the transaction ends. */
  async lockParents(parents: readonly ParentAddress[]): Promise<readonly RunAddress[]> {
    if (parents.length === 0) return [];
    const sorted = [...parents].sort(byKey);
    const rows = await this.session.run<{ run_id: RunId; node: number; at: string }>(statement('lock-parents'), [
      sorted.map(({ run }) => run),
      sorted.map(({ node }) => node),
      sorted.map(({ at }) => at),
      sorted.map(({ fence }) => fence),
    ]);
    return rows.map(({ run_id: run, node, at }) => ({ run, node, at }));
  }

  async existing(ids: readonly RunId[]): Promise<ReadonlySet<RunId>> {
    if (ids.length === 0) return new Set();
    const rows = await this.session.run<{ id: RunId }>(statement('existing-runs'), [ids]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Counts new runs of trees, at most up to `limit`; returns how many of each tree's were too many. */
  async growTrees(more: ReadonlyMap<RunId, number>, limit: number): Promise<ReadonlyMap<RunId, number>> {
    if (more.size === 0) return new Map();
    const rows = await this.session.run<{ root_id: RunId; runs: number }>(statement('grow-trees'), [
      [...more.keys()],
      [...more.values()],
    ]);
    const over = new Map<RunId, number>();
    for (const { root_id: root, runs } of rows) {
      const tooMany = Math.min(runs - limit, more.get(root) ?? 0);
      if (tooMany > 0) over.set(root, tooMany);
    }
    if (over.size > 0) await this.session.write(statement('shrink-trees'), [[...over.keys()], [...over.values()]]);
    return over;
  }

  async deleteTrees(roots: readonly RunId[]): Promise<void> {
    if (roots.length > 0) await this.session.write(statement('delete-trees'), [roots]);
  }
}
