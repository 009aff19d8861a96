import type { InboxItem } from '@reprise/contracts';
import { outgoingOf, type TopologyNames, toInbox } from '@reprise/contracts';
import {
  type Address,
  type Applied,
  type Decision,
  enclosing,
  type Input,
  keyOf,
  type RunId,
  type TaskState,
  type Workflow,
} from '@reprise/core';
import {
  AdvanceStore,
  byKey,
  type Database,
  type DatabaseClock,
  type LockedRun,
  type Notice,
  type RunAddress,
  type SlotRun,
  type WorkflowCache,
} from '@reprise/ledger';
import { type Clock, faultPoint, type Settings } from '@reprise/service';
import type { Advanced } from './advanced.js';
import { DecideRun, type Guarding } from './decide-run.js';
import { givePlacesBack } from './give-places-back.js';
import { inputOf } from './input-of.js';
import { lookedAt } from './looked-at.js';
import { type AskedCommand, readCommands } from './read-commands.js';
import type { Received } from './received.js';
import { settleWaits } from './settle-waits.js';
import { writeDecisions } from './write-decisions.js';

export interface AdvanceRunsOptions {
  readonly database: Database;
  readonly workflows: WorkflowCache;
  readonly databaseClock: DatabaseClock;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly names: TopologyNames;
  readonly guarding: Guarding;
}

interface Told {
  readonly run: RunId;
  readonly received: readonly Received[];
}

/** A locked run, what it is told, and the version it was started with: its row says which, not the message. */
interface Group extends Told {
  readonly locked: LockedRun;
  readonly workflow: Workflow;
}

interface Finished {
  readonly id: string;
  readonly result: Applied | 'bad';
}

/** Load → decide → commit, for a batch of inputs: one transaction, a handful of round trips. What follows is the caller's to publish. */
export class AdvanceRuns {
  constructor(private readonly options: AdvanceRunsOptions) {}

  /** Ends a run that the engine itself cannot carry on. */
  async abort(run: RunId, message: string): Promise<readonly Advanced[]> {
    return this.options.database.transaction(async (session) => {
      const store = new AdvanceStore(session);
      const { groups, now } = await this.lock(store, [{ run, received: [] }]);
      const decider = new DecideRun(store, coreLimits(this.options.settings), this.options.guarding);
      const inputs: readonly Input[] = [{ kind: 'abort', error: { code: 'INTERNAL', message } }];
      const advanced: Advanced[] = [];
      for (const { locked, workflow } of groups) {
        const decision = await decider.decide({
          run: locked.run,
          version: locked.version,
          workflow,
          tasks: new Map(),
          inputs,
          now,
          units: [0.5],
        });
        advanced.push(this.advanced(locked, workflow, decision, now));
      }
      const places = await givePlacesBack(store, advanced);
      const granted = await writeDecisions(store, advanced, [], this.options.settings.keyRetentionMs);
      return this.lookingAt(advanced, granted, [...places, ...(await settleWaits(store, advanced))]);
    });
  }

  async advance(received: readonly Received[], announced: readonly RunId[]): Promise<readonly Advanced[]> {
    const told = byRun(received);
    // Looked up beforehand, so that no lock is held while a version is read; a message that errs about its version costs a look-up later.
    for (const { item } of received) await this.options.workflows.get(item.version);
    const advanced = await this.options.database.transaction(async (session) =>
      this.inTransaction(new AdvanceStore(session), told, announced),
    );
    await faultPoint('scheduler.after-commit');
    return advanced;
  }

  private async inTransaction(
    store: AdvanceStore,
    told: readonly Told[],
    announced: readonly RunId[],
  ): Promise<readonly Advanced[]> {
    const { settings, databaseClock } = this.options;
    const { groups, now } = await this.lock(store, told);
    if (groups.length > 0) databaseClock.observe(now);
    await store.notices.remove(groups.flatMap(({ run, received }) => lookedAt(run, received)));
    const [tasks, asked] = await Promise.all([
      this.loadTasks(store, groups),
      store.takeCommands(groups.filter(wantsCommands).map((group) => group.run)),
    ]);
    const { commands, bad } = readCommands(asked);
    const decider = new DecideRun(store, coreLimits(settings), this.options.guarding);
    const advanced: Advanced[] = [];
    const finished: Finished[] = bad.map((id) => ({ id, result: 'bad' }));
    for (const group of groups) {
      const asked = commands.filter(({ run }) => run === group.run);
      const decided = await this.decideGroup(decider, group, tasks.get(group.run) ?? new Map(), asked, now);
      advanced.push(decided);
      const { applied } = decided.decision;
      finished.push(...asked.map(({ id }, index) => ({ id, result: applied[group.received.length + index] ?? 'stale' })));
    }
    const places = await givePlacesBack(store, advanced);
    const granted = await writeDecisions(store, advanced, announced, settings.keyRetentionMs);
    await store.finishCommands(finished);
    return this.lookingAt(advanced, granted, [...places, ...(await settleWaits(store, advanced))]);
  }

  /** Runs that may begin, waits whose event was there before them, and attempts that have a place now, are told behind what the decisions themselves have to tell. */
  private lookingAt(advanced: readonly Advanced[], granted: readonly SlotRun[], early: readonly Notice[]): readonly Advanced[] {
    const items: readonly InboxItem[] = [
      ...granted.map((each) => ({ kind: 'look' as const, ...each })),
      ...early.map(({ run, version, node, at, fence }) => ({ kind: 'wake' as const, run, version, node, at, fence })),
    ];
    const looks = items.map((item) => toInbox(this.options.names, [item]));
    return advanced.map((each, index) => (index === 0 ? { ...each, outgoing: [...each.outgoing, ...looks] } : each));
  }

  /** Locks the runs in key order. Those that are gone, or of a version nobody knows, are dropped. */
  private async lock(
    store: AdvanceStore,
    told: readonly Told[],
  ): Promise<{ readonly groups: readonly Group[]; readonly now: number }> {
    const { runs, now } = await store.lockRuns(told.map(({ run }) => run));
    const received = new Map(told.map((each) => [each.run, each.received]));
    const groups: Group[] = [];
    for (const locked of runs) {
      const workflow = await this.options.workflows.get(locked.version);
      const { id: run } = locked.run;
      if (workflow !== null) groups.push({ run, locked, workflow, received: received.get(run) ?? [] });
    }
    return { groups, now };
  }

  private async decideGroup(
    decider: DecideRun,
    { locked, workflow, received }: Group,
    tasks: ReadonlyMap<string, TaskState | null>,
    commands: readonly AskedCommand[],
    now: number,
  ): Promise<Advanced> {
    const { run } = locked;
    const inputs = [...received.map(({ item }) => inputOf(item)), ...commands.map(({ command }) => command)];
    const units = inputs.map(() => this.options.clock.unit());
    let decision = await decider.decide({ run, version: locked.version, workflow, tasks, inputs, now, units });
    const again = needsRecovery(received, decision.applied);
    if (again) {
      decision = await decider.decide({
        run,
        version: locked.version,
        workflow,
        tasks,
        inputs: [...inputs, { kind: 'recover' }],
        now,
        units,
      });
    }
    const { applied } = decision;
    const stale = received.filter(({ item }, index) => item.kind === 'outcome' && applied[index] === 'stale');
    return { ...this.advanced(locked, workflow, decision, now), staleOutcomes: stale, again, before: tasks };
  }

  private advanced({ run, version }: LockedRun, workflow: Workflow, decision: Decision, now: number): Advanced {
    const outgoing = outgoingOf(this.options.names, { workflow, version, run: decision.run ?? run, now }, decision.messages);
    return { run, version, workflow, now, decision, outgoing, staleOutcomes: [], again: false, before: NOTHING };
  }

  private async loadTasks(
    store: AdvanceStore,
    groups: readonly Group[],
  ): Promise<ReadonlyMap<RunId, Map<string, TaskState | null>>> {
    const wanted = new Map<RunId, Map<string, TaskState | null>>();
    const addresses: RunAddress[] = [];
    for (const { run, workflow, received } of groups) {
      const tasks = new Map<string, TaskState | null>();
      wanted.set(run, tasks);
      for (const { item } of received) {
        for (const address of item.kind === 'look' || item.kind === 'recover' ? [] : known(workflow, item)) {
          const key = keyOf(address.node, address.at);
          if (tasks.has(key)) continue;
          tasks.set(key, null);
          addresses.push({ run, ...address });
        }
      }
    }
    for (const { run, task } of await store.lockTasks(addresses.sort(byKey))) {
      wanted.get(run as RunId)?.set(keyOf(task.node, task.at), task);
    }
    return wanted;
  }
}

const NOTHING: Advanced['before'] = new Map();

/** What was claimed and lost is looked for after a lease at the latest. */
const coreLimits = (settings: Settings) => ({ ...settings.limits, overdueMs: Math.min(10_000, settings.leaseMs) });

/** A message may name a node the workflow does not have: then there is nothing to load, and the core finds no row. */
const known = (workflow: Workflow, address: Address): readonly Address[] =>
  workflow.nodes[address.node] === undefined ? [{ node: address.node, at: address.at }] : enclosing(workflow, address);

const wantsCommands = (group: Group): boolean => group.received.some(({ item }) => item.kind === 'look');

/** A redelivered item that no longer fits was acted on, perhaps by somebody who died before telling: tell again. */
const needsRecovery = (received: readonly Received[], applied: readonly Applied[]): boolean =>
  received.some(({ redelivered }, index) => redelivered && applied[index] === 'stale');

/** By run, in key order. */
function byRun(received: readonly Received[]): readonly Told[] {
  const runs = new Map<RunId, Received[]>();
  for (const each of received) {
    const known = runs.get(each.item.run);
    if (known === undefined) runs.set(each.item.run, [each]);
    else known.push(each);
  }
  return [...runs].map(([run, items]) => ({ run, received: items })).sort((a, b) => (a.run < b.run ? -1 : 1));
}
