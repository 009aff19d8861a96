import { coverOf, fullDepth, type Node, type RunId, type TaskState, UNDO_SLICE, type Workflow } from '@reprise/core';
import type { Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import type { RunAddress } from './run-address.js';
import { type TaskRow, taskOf } from './task-row.js';

/** Calls whose business keys answer nobody any more: every instance at `at` or inside of it. */
export interface UndoneCall extends RunAddress {
  readonly call: string;
}

/** What of a run is to be undone, and what follows once it is. */
export class UndoStore {
  constructor(private readonly session: Session) {}

  /** The last that ended first, a slice of them. Not locked: of an ended row nothing changes while its run is locked. */
  async find(run: RunId, workflow: Workflow): Promise<readonly TaskState[]> {
    const undone = workflow.nodes.filter((node): node is Node & { compensation: number } => node.compensation !== null);
    const covers = undone.flatMap((node) => coverOf(workflow, node).map((group) => ({ node: node.index, group })));
    const rows = await this.session.run<TaskRow>(statement('find-undoable'), [
      run,
      undone.map((node) => node.index),
      undone.map((node) => node.compensation),
      undone.map(fullDepth),
      covers.map(({ node }) => node),
      covers.map(({ group }) => group.index),
      covers.map(({ group }) => fullDepth(group)),
      UNDO_SLICE,
    ]);
    return rows.map(taskOf);
  }

  async retireKeys(calls: readonly UndoneCall[]): Promise<void> {
    if (calls.length === 0) return;
    await this.session.write(statement('retire-keys'), [
      calls.map((each) => each.run),
      calls.map((each) => each.node),
      calls.map((each) => each.at),
      calls.map((each) => each.call),
    ]);
  }
}
