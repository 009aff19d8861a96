import {
  type Address,
  type EmittedEvent,
  type EventRequest,
  type Fence,
  keyOf,
  type TaskKey,
  type TaskState,
  type Workflow,
} from '@reprise/core';
import { LawBroken } from './law-broken.js';
import type { SimulatedEvent } from './memory/memory-events.js';
import type { SimulatedNotices } from './simulated-notices.js';
import type { Simulation } from './simulation.js';

/** What the trigger does with events while a run waits: keeps them, and tells the waits they are for. */
export class SimulatedEvents {
  /** Events the run has published, each time it has. */
  readonly published: EmittedEvent[] = [];
  private readonly subscribed = new Set<TaskKey>();

  constructor(
    private readonly simulation: Simulation,
    readonly notices: SimulatedNotices,
  ) {}

  arrive(event: SimulatedEvent, toRun: boolean): void {
    const { ledger, now } = this.simulation;
    ledger.events.keep(event, now, toRun);
    for (const [key, task] of ledger.tasks) if (this.subscribed.has(key)) this.knock(task);
  }

  /** A wait begins: it is told of events from here on. One that came before is told at once, in the same transaction: returns whether. */
  subscribe(task: TaskState): boolean {
    if (task.progress?.kind === 'wait') this.subscribed.add(keyOf(task.node, task.at));
    if (!this.isAwaited(task)) return false;
    this.notices.write(task);
    return true;
  }

  /** The message may get lost on its way; the notice does not. */
  knock(task: TaskState): void {
    if (!this.isAwaited(task)) return;
    this.notices.write(task);
    this.send(task);
  }

  send({ node, at, fence }: TaskState): void {
    const afterMs = { once: [1], twice: [1, 1], late: [3_000], twiceLate: [1, 3_000], lost: [], early: [1] }[
      this.simulation.fates.message()
    ];
    for (const delayMs of afterMs) this.simulation.send({ kind: 'wake', node, at, fence }, delayMs);
  }

  private isAwaited(task: TaskState): boolean {
    const request = requestOf(this.simulation.workflow, task);
    return request !== null && this.simulation.ledger.events.unseen(request).events.length > 0;
  }

  /** The broker takes an event, and says so. */
  emit({ node, at, fence }: Address & { readonly fence: Fence }, event: EmittedEvent): void {
    this.publish(event);
    this.simulation.send({ kind: 'emitted', node, at, fence }, 1);
  }

  private publish(event: EmittedEvent): void {
    const before = this.published.find(({ id }) => id === event.id);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(event))
      throw new LawBroken(`two events of one id: ${JSON.stringify([before, event])}`);
    this.published.push(event);
    const { hops: _, ...visible } = event;
    this.arrive(visible, false);
  }
}

/** What a waiting row would ask for; null: it waits for no event. */
export function requestOf(workflow: Workflow, { node, at, fence, status, progress }: TaskState): EventRequest | null {
  const work = workflow.nodes[node]?.work;
  if (status !== 'waiting' || progress?.kind !== 'wait' || work?.kind !== 'wait') return null;
  return { node, at, fence, pattern: work.pattern, match: work.match.source, key: progress.key, since: progress.since };
}
