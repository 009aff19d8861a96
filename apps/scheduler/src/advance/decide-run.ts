import {
  type Address,
  type Decision,
  type DependencyPolicy,
  decide,
  type Guards,
  type Input,
  type ItemResults,
  keyOf,
  LIST_FACTOR,
  type Limits,
  type RunState,
  SLICE,
  sliceKey,
  type TaskError,
  type TaskState,
  type VersionId,
  type Wants,
  type Workflow,
} from '@reprise/core';
import { type AdvanceStore, byKey, type ItemRow } from '@reprise/ledger';
import { FetchAdmissions } from './fetch-admissions.js';
import { type Growing, growing, sizeOf } from './growing.js';

export interface RunInputs {
  readonly run: RunState;
  readonly version: VersionId;
  readonly workflow: Workflow;
  readonly tasks: ReadonlyMap<string, TaskState | null>;
  readonly inputs: readonly Input[];
  readonly now: number;
  readonly units: readonly number[];
}

/** What holds attempts back, and by which rules. */
export interface Guarding {
  readonly guards: Guards;
  readonly policy: DependencyPolicy;
}

/** Asks the core, fetches what it wants to see, asks again. Bounded: every round adds something that was missing. */
export class DecideRun {
  private readonly admissions: FetchAdmissions;

  constructor(
    private readonly store: AdvanceStore,
    private readonly limits: Limits,
    private readonly guarding: Guarding,
  ) {
    this.admissions = new FetchAdmissions(store.admissions, guarding.policy);
  }

  async decide(given: RunInputs): Promise<Decision> {
    const loaded = growing(given.run, given.tasks);
    const moment = { now: given.now, units: given.units, limits: this.limits, guards: this.guarding.guards };
    for (;;) {
      const answer = decide(given.workflow, loaded, given.inputs, moment);
      if (answer.kind === 'decided') return answer;
      const before = sizeOf(loaded);
      await this.fetch(loaded, answer.wants);
      await this.fetchOthers(loaded, answer.wants, given);
      if (answer.wants.undoable) await this.fetchUndoable(loaded, given.workflow);
      // Asking on would never end, under the locks of the whole batch.
      if (sizeOf(loaded) === before)
        throw new Error(`run ${given.run.id} needs what the ledger does not have: ${JSON.stringify(answer.wants)}`);
    }
  }

  private async fetch(loaded: Growing, wants: Wants): Promise<void> {
    const run = loaded.run.id;
    if (wants.open && !loaded.open) {
      for (const task of await this.store.lockOpenTasks(run)) loaded.tasks.set(keyOf(task.node, task.at), task);
      loaded.open = true;
    }
    if (wants.tasks.length > 0) await this.fetchTasks(loaded, wants.tasks);
    for (const { node, at, slice } of wants.slices) {
      loaded.slices.set(sliceKey(node, at, slice), await this.store.loadSlice({ run, node, at }, slice * SLICE, SLICE));
    }
    for (const { node, at } of wants.items) {
      const rows = await this.store.loadItems({ run, node, at }, this.limits.maxOutputBytes * LIST_FACTOR);
      loaded.items.set(keyOf(node, at), resultsOf(rows, at));
    }
    for (const key of wants.texts) {
      const text = key === 'run' ? await this.store.loadInput(run) : await this.store.loadOutput({ run, ...addressOf(key) });
      if (text === null) throw new Error(`run ${run}: the ledger has no text under ${key}, though its row says so`);
      loaded.texts.set(key, text);
    }
  }

  /** What belongs to other runs, or to all of them. */
  private async fetchOthers(
    loaded: Growing,
    { approvals, children, events, admissions, slot }: Wants,
    given: RunInputs,
  ): Promise<void> {
    for (const request of events)
      loaded.events.set(keyOf(request.node, request.at), await this.store.waits.unseen(loaded.run.id, request));
    const states = await this.store.approvals.states(loaded.run.id, approvals);
    for (const [index, { node, at }] of approvals.entries()) loaded.approvals.set(keyOf(node, at), states[index] ?? null);
    if (children.length > 0) for (const [id, child] of await this.store.children.load(children)) loaded.children.set(id, child);
    const asker = { run: loaded.run.id, version: given.version };
    for (const [key, answer] of await this.admissions.fetch(asker, admissions, given.now)) loaded.admissions.set(key, answer);
    // Nobody counts a queued run without a place: it need not wait for one.
    if (slot) loaded.slot = (await this.store.slots.find(loaded.run.id)) ?? 'held';
  }

  /** Their rows come along: what undoes them reads what they gave. */
  private async fetchUndoable(loaded: Growing, workflow: Workflow): Promise<void> {
    loaded.undoable = await this.store.undo.find(loaded.run.id, workflow);
    for (const task of loaded.undoable) {
      const key = keyOf(task.node, task.at);
      if (!loaded.tasks.has(key)) loaded.tasks.set(key, task);
    }
  }

  private async fetchTasks(loaded: Growing, addresses: readonly Address[]): Promise<void> {
    const { id } = loaded.run;
    for (const { node, at } of addresses) loaded.tasks.set(keyOf(node, at), null);
    const sorted = addresses.map((address) => ({ run: id, ...address })).sort(byKey);
    for (const { task } of await this.store.lockTasks(sorted)) {
      loaded.tasks.set(keyOf(task.node, task.at), task);
    }
  }
}

const addressOf = (key: string): Address => ({
  node: Number(key.slice(0, key.indexOf(':'))),
  at: key.slice(key.indexOf(':') + 1),
});

function resultsOf(rows: readonly ItemRow[] | { readonly bytes: number }, at: string): ItemResults {
  if ('bytes' in rows) return { kind: 'too-large', bytes: rows.bytes };
  const prefix = at === '' ? 0 : at.length + 1;
  const results = rows.map((row) => ({
    index: Number(row.at.slice(prefix)),
    status: row.status,
    output: row.output,
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
  }));
  return { kind: 'results', results: results.sort((a, b) => a.index - b.index) };
}
