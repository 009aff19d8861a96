import { isDeepStrictEqual } from 'node:util';
import {
  type Applied,
  type Decision,
  decide,
  enclosing,
  hasJustBegun,
  type Input,
  keyOf,
  type Loaded,
  type Message,
  type TaskState,
} from '@reprise/core';
import { LawBroken } from './law-broken.js';
import { checkCommit, commitOf } from './laws/check-commit.js';
import { checkAwaited } from './laws/check-events.js';
import { undoableRows } from './memory/memory-undoable.js';
import type { SimulatedEvents } from './simulated-events.js';
import type { SimulatedOthers } from './simulated-others.js';
import type { SimulatedOffice } from './simulated-people.js';
import type { SimulatedWatch } from './simulated-watch.js';
import type { Event, Simulation } from './simulation.js';

/** One decision as it was taken. */
export interface DecisionRecord {
  readonly now: number;
  readonly inputs: readonly Input[];
  readonly applied: readonly Applied[];
  readonly decision: Decision;
}

const LATE_MS = 3_000;

/** Loads, asks the core, commits, publishes. It may die in between. */
export class SimulatedScheduler {
  readonly decisions: DecisionRecord[] = [];
  readonly messages: Message[] = [];
  /** How often the core asked for more before it decided. */
  wants = 0;
  /** Waits that began with an event already there: told once they are committed. */
  private readonly early = new WeakMap<Decision, readonly TaskState[]>();

  constructor(
    private readonly simulation: Simulation,
    private readonly watch: SimulatedWatch,
    private readonly office: SimulatedOffice,
    private readonly events: SimulatedEvents,
    private readonly others: SimulatedOthers,
    private readonly checked: boolean,
  ) {}

  /** Takes what else is there at this instant into the same decision, as far as fate has it. */
  receive(input: Input): void {
    const { queue, fates, now } = this.simulation;
    const inputs = [input];
    for (let room = fates.batch() - 1; room > 0 && (queue.nextAt ?? Infinity) <= now; room -= 1) {
      const next = queue.peek();
      if (next?.kind !== 'input') break;
      queue.pop();
      inputs.push(next.input);
    }
    this.deliver(inputs);
  }

  private deliver(inputs: readonly Input[]): void {
    const decision = this.decide(inputs);
    this.commit(decision, inputs);
    switch (this.simulation.fates.commit()) {
      case 'published':
        return this.publish(decision);
      case 'redelivered':
        this.publish(decision);
        break;
      case 'crashesAfterCommit':
        break;
      case 'crashesAndRecovers':
        this.simulation.send({ kind: 'recover' }, 1);
    }
    // A command is a row that the same commit finishes: it is carried out once, however often the message that tells of it comes.
    for (const input of inputs) if (input.kind !== 'retry-run') this.simulation.send(input, 1);
  }

  decide(inputs: readonly Input[]): Decision {
    const { workflow, ledger } = this.simulation;
    const moment = this.simulation.moment(inputs);
    const take = (loaded: Loaded) => decide(workflow, loaded, inputs, moment);
    this.others.begin();
    let loaded = ledger.load(inputs.flatMap((input) => ('node' in input ? enclosing(workflow, input) : [])));
    for (let asked = 0; asked < 1_000; asked += 1) {
      const decided = take(loaded);
      if (this.checked && !isDeepStrictEqual(decided, take(loaded))) throw new LawBroken('the same arguments give two decisions');
      if (decided.kind === 'decided') return decided;
      this.wants += 1;
      loaded = ledger.loadMore(loaded, decided.wants);
      loaded = { ...loaded, ...this.others.show(loaded, decided.wants) };
      if (decided.wants.undoable) loaded = { ...loaded, undoable: undoableRows(workflow, ledger.tasks) };
    }
    throw new LawBroken(`the core asks for ever: ${JSON.stringify(inputs)}`);
  }

  commit(decision: Decision, inputs: readonly Input[]): void {
    const { workflow, ledger, now } = this.simulation;
    if (this.checked) checkCommit(workflow, ledger, inputs, decision, now);
    const committed = this.checked ? commitOf(workflow, ledger, inputs, decision, now) : null;
    this.events.notices.remove(inputs);
    this.others.commit(decision, this.checked);
    ledger.commit(decision);
    if (inputs.some(({ kind }) => kind === 'abort')) ledger.aborted = true;
    this.early.set(
      decision,
      decision.tasks.filter((task) => hasJustBegun(task, now) && this.events.subscribe(task)),
    );
    if (committed !== null) checkAwaited(committed, this.events.notices);
    this.office.hear(decision.approvals);
    this.decisions.push({ now, inputs, applied: decision.applied, decision });
    for (const task of decision.tasks) this.watch.look(keyOf(task.node, task.at), task.watchAt);
    if (decision.run !== null) this.watch.look('run', decision.run.watchAt);
  }

  publish(decision: Decision): void {
    for (const task of this.early.get(decision) ?? []) this.events.send(task);
    for (const message of decision.messages) {
      this.messages.push(message);
      for (const at of this.arrivals(message)) this.simulation.queue.push(at, arrival(message));
    }
  }

  private arrivals(message: Message): readonly number[] {
    const { now, fates } = this.simulation;
    const due = message.kind === 'alarm' ? message.dueAt : now + 1;
    switch (fates.message()) {
      case 'once':
        return [due];
      case 'twice':
        return [due, due];
      case 'late':
        return [due + LATE_MS];
      case 'twiceLate':
        return [due, due + LATE_MS];
      case 'lost':
        return [];
      case 'early':
        return [Math.max(now + 1, due - 500)];
    }
  }
}

function arrival(message: Message): Event {
  switch (message.kind) {
    case 'dispatch':
      return { kind: 'ticket', task: message.task };
    case 'alarm':
    case 'again':
      return { kind: 'input', input: { kind: 'wake', node: message.node, at: message.at, fence: message.fence } };
    case 'interrupt':
      return { kind: 'interrupt', claim: message.claim };
    case 'emit':
      return { kind: 'emission', task: message, event: message.event };
    case 'start-child':
      return { kind: 'start-child', task: message };
    case 'cancel-child':
      return { kind: 'cancel-child', run: message.child };
    // Nobody stands above the run that is simulated.
    // Nor does anybody follow it.
    case 'tell-parent':
    case 'task-news':
    case 'announce':
      return { kind: 'announced' };
  }
}
