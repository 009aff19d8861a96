import {
  type Address,
  type ChildState,
  type Fence,
  hasRunEnded,
  hasTaskEnded,
  type Json,
  parseJsonText,
  pathOf,
  type RunId,
  type TaskError,
  type TaskState,
  toJsonText,
} from '@reprise/core';
import { LawBroken } from './law-broken.js';
import type { Simulation } from './simulation.js';

/** A run that a task asks for. */
export interface SimulatedChild {
  /** `page[3].ship` */
  readonly path: string;
  readonly workflow: string;
  readonly version: string | null;
  readonly input: Json;
}

/** What becomes of it. */
export type ChildFate =
  | { readonly kind: 'succeeds'; readonly output?: Json; readonly afterMs?: number; readonly ignoresCancel?: boolean }
  | { readonly kind: 'fails'; readonly error: TaskError; readonly afterMs?: number; readonly ignoresCancel?: boolean }
  /** It ends cancelled by itself: somebody has cancelled it, or it was skipped. */
  | { readonly kind: 'is-cancelled'; readonly error: TaskError | null; readonly afterMs?: number }
  /** It goes on until it is said how it has ended. */
  | { readonly kind: 'goes-on'; readonly cancel: () => void }
  /** It cannot be started. */
  | { readonly kind: 'refused'; readonly error: TaskError };

export type SimulatedWorkflows = (child: SimulatedChild, run: RunId) => ChildFate;

type Started = { state: ChildState; readonly fate: ChildFate; readonly parent: Address & { readonly fence: Fence } };

const AFTER_MS = 10;
/** How long after its end a child that was not heard says it again. */
const TELL_AGAIN_MS = 10_000;

/** The trigger that starts child runs, and those runs: each tells its end until its parent has heard it. */
export class SimulatedChildren {
  private readonly runs = new Map<RunId, Started>();
  /** Every run that was started, in order. */
  readonly started: SimulatedChild[] = [];

  constructor(
    private readonly simulation: Simulation,
    private readonly workflows: SimulatedWorkflows,
  ) {}

  state(id: RunId): ChildState | null {
    return this.runs.get(id)?.state ?? null;
  }

  /** As the trigger does it: under the lock of the task that waits, which must still wait for it. */
  start(asked: Address & { readonly fence: Fence }): void {
    const { ledger, workflow, queue, now } = this.simulation;
    const task = ledger.find(asked.node, asked.at);
    if (task === null || task.status !== 'waiting' || task.fence !== asked.fence || task.cancelling) return;
    const { work } = workflow.nodes[task.node]!;
    if (task.progress?.kind !== 'child' || work.kind !== 'child')
      throw new LawBroken('a child is asked for that no task waits for');
    const { run } = task.progress;
    if (this.runs.has(run)) return;
    const input = task.input === null || task.input === 'stored' ? null : parseJsonText(task.input);
    const child: SimulatedChild = { path: pathOf(workflow, task), workflow: work.workflow, version: work.version, input };
    const fate = this.workflows(child, run);
    const { node, at, fence } = asked;
    if (fate.kind === 'refused') return this.simulation.send({ kind: 'refused', node, at, fence, error: fate.error }, 1);
    this.runs.set(run, { state: { status: 'running', output: null, error: null }, fate, parent: { node, at, fence } });
    this.started.push(child);
    if (fate.kind !== 'goes-on') queue.push(now + (fate.afterMs ?? AFTER_MS), { kind: 'child-ends', run });
  }

  end(id: RunId): void {
    this.settle(id, endOf(this.runs.get(id)!.fate));
  }

  /** It has ended as its own rows say. */
  settle(id: RunId, state: ChildState): void {
    const run = this.runs.get(id)!;
    if (hasRunEnded(run.state.status)) return;
    run.state = state;
    this.tell(id);
  }

  cancel(id: RunId): void {
    const run = this.runs.get(id);
    if (run === undefined) throw new LawBroken('a run is cancelled that was never started');
    if (run.fate.kind === 'goes-on') return run.fate.cancel();
    if (hasRunEnded(run.state.status) || ('ignoresCancel' in run.fate && run.fate.ignoresCancel === true)) return;
    run.state = { status: 'cancelled', output: null, error: { code: 'CANCELLED', message: 'cancelled' } };
    this.tell(id);
  }

  /** Its announcement stays open until it is confirmed. */
  tell(id: RunId): void {
    const { parent } = this.runs.get(id)!;
    const { ledger, fates, queue, now } = this.simulation;
    const task = ledger.find(parent.node, parent.at);
    if (task === null || hasTaskEnded(task.status) || task.fence !== parent.fence) return;
    if (fates.message() !== 'lost') this.simulation.send({ kind: 'wake', ...parent }, 1);
    queue.push(now + TELL_AGAIN_MS, { kind: 'child-tells', run: id });
  }

  /** Nobody stops waiting for a run that goes on: it would go on alone. Call it once the rows are written. */
  checkHeard(tasks: readonly TaskState[]): void {
    for (const { status, progress } of tasks) {
      if (progress?.kind !== 'child' || !hasTaskEnded(status)) continue;
      const child = this.runs.get(progress.run)?.state ?? null;
      if (child !== null && !hasRunEnded(child.status))
        throw new LawBroken(`a task has ended, and its run ${progress.run} goes on`);
      if (status === 'succeeded' && child?.status !== 'succeeded') throw new LawBroken('a task succeeds whose run did not');
    }
  }
}

function endOf(fate: ChildFate): ChildState {
  switch (fate.kind) {
    case 'succeeds':
      return { status: 'succeeded', output: fate.output === undefined ? null : toJsonText(fate.output), error: null };
    case 'fails':
      return { status: 'failed', output: null, error: fate.error };
    case 'is-cancelled':
      return { status: 'cancelled', output: null, error: fate.error };
    case 'refused':
    case 'goes-on':
      throw new LawBroken(`a run that ${fate.kind === 'refused' ? 'was refused' : 'goes on'} ends`);
  }
}
