import {
  type AttemptRecord,
  isItem,
  type Json,
  parseJsonText,
  parsePath,
  type RunState,
  type Stored,
  type TaskState,
  type TaskStatus,
  type Workflow,
} from '@reprise/core';
import { scopeTextOf } from './memory/letters.js';
import type { MemoryLedger } from './memory/memory-ledger.js';

/** What tests ask of a run, by the paths people read. */
export class ReadRun {
  constructor(
    readonly workflow: Workflow,
    readonly ledger: MemoryLedger,
  ) {}

  get run(): RunState {
    return this.ledger.run;
  }

  get output(): Json {
    return readText(this.run.output);
  }

  /** The row at a path such as `page[3].charge`, or null: it never started. */
  task(path: string): TaskState | null {
    const address = parsePath(this.workflow, path);
    if (address === null) throw new Error(`${this.workflow.name} has no task ${path}`);
    return this.ledger.find(address.node, address.at);
  }

  /** Status of the task at a path; one without a row is what its scope says of it: skipped, cancelled or still pending. */
  statusOf(path: string): TaskStatus {
    const row = this.task(path);
    const address = parsePath(this.workflow, path);
    if (row !== null || address === null) return row?.status ?? 'pending';
    const node = this.workflow.nodes[address.node]!;
    if (isItem(node, address.at)) return 'pending';
    const letter = scopeTextOf(this.workflow, this.ledger, new Map(), null, node, address.at)[node.position];
    return letter === 'k' ? 'skipped' : letter === 'x' ? 'cancelled' : 'pending';
  }

  /** Ended attempts that are kept of the task at a path, in order. */
  attemptsOf(path: string): readonly AttemptRecord[] {
    const address = parsePath(this.workflow, path);
    return this.ledger.attempts.filter(({ node, at }) => node === address?.node && at === address.at);
  }

  outputOf(path: string): Json {
    return readText(this.task(path)?.output ?? null);
  }
}

const readText = (text: Stored): Json => (text === null || text === 'stored' ? null : parseJsonText(text));
