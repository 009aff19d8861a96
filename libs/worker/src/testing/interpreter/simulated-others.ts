import type { ChildState, Decision, Loaded, RunId, Wants } from '@reprise/core';
import { SimulatedAdmissions, type SimulatedGuards } from './simulated-admissions.js';
import { SimulatedChildren, type SimulatedWorkflows } from './simulated-children.js';
import type { Event, Simulation } from './simulation.js';

/** How long after it was given its place a run that has not begun is told again. */
const OVERDUE_MS = 5_000;

/** What belongs to other runs, or to all of them: children, limits, breakers, places of a concurrency key. */
export class SimulatedOthers {
  readonly children: SimulatedChildren;
  readonly admissions: SimulatedAdmissions;
  private slot: 'held' | 'waiting' = 'waiting';

  constructor(
    private readonly simulation: Simulation,
    workflows: SimulatedWorkflows,
    guards: SimulatedGuards | null,
  ) {
    this.children = new SimulatedChildren(simulation, workflows);
    this.admissions = new SimulatedAdmissions(simulation, guards);
  }

  begin(): void {
    this.admissions.begin();
  }

  /** What of it a decision asked for, on top of what it has seen. */
  show(loaded: Loaded, wants: Wants): Pick<Loaded, 'children' | 'admissions' | 'slot'> {
    const children = new Map<RunId, ChildState | null>(loaded.children);
    for (const id of wants.children) children.set(id, this.children.state(id));
    return {
      children,
      admissions: wants.admissions.length === 0 ? loaded.admissions : this.admissions.ask(wants.admissions),
      slot: wants.slot ? this.slot : loaded.slot,
    };
  }

  commit(decision: Decision, checked: boolean): void {
    this.admissions.commit(decision);
    if (checked) this.children.checkHeard(decision.tasks);
  }

  givePlaceAfter(ms: number): void {
    this.simulation.queue.push(this.simulation.now + ms, { kind: 'place' });
  }

  happen(event: Extract<Event, { kind: 'start-child' | 'cancel-child' | 'child-ends' | 'child-tells' | 'place' }>): void {
    switch (event.kind) {
      case 'start-child':
        return this.children.start(event.task);
      case 'cancel-child':
        return this.children.cancel(event.run);
      case 'child-ends':
        return this.children.end(event.run);
      case 'child-tells':
        return this.children.tell(event.run);
      case 'place':
        return this.givePlace();
    }
  }

  /** A row tells the run of it until it has begun; the message is only faster. */
  private givePlace(): void {
    const { ledger, fates } = this.simulation;
    this.slot = 'held';
    if (ledger.run.status !== 'queued') return;
    if (fates.report() !== 'lost') this.simulation.send({ kind: 'look' }, 1);
    this.givePlaceAfter(OVERDUE_MS);
  }
}
