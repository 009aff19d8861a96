import {
  type Address,
  type ChildState,
  type Decision,
  type Dependency,
  type EmittedEvent,
  type Fence,
  hasRunEnded,
  type Input,
  type Json,
  type Message,
  type RunId,
  type Workflow,
} from '@reprise/core';
import { ORDERLY } from './fates.js';
import { firstStep } from './first-step.js';
import { type InterpreterOptions } from './interpreter-options.js';
import { LawBroken } from './law-broken.js';
import { auditRest } from './laws/audit.js';
import type { Answered, PersonAnswer } from './memory/approval-book.js';
import type { SimulatedEvent } from './memory/memory-events.js';
import { MemoryLedger } from './memory/memory-ledger.js';
import { ReadRun } from './read-run.js';
import type { SimulatedChild } from './simulated-children.js';
import { SimulatedEvents } from './simulated-events.js';
import { SimulatedExecutor } from './simulated-executor.js';
import { succeedWith } from './simulated-handler.js';
import { SimulatedNotices } from './simulated-notices.js';
import { SimulatedOthers } from './simulated-others.js';
import { SimulatedOffice } from './simulated-people.js';
import { type DecisionRecord, SimulatedScheduler } from './simulated-scheduler.js';
import { SimulatedWatch } from './simulated-watch.js';
import { type Event, Simulation } from './simulation.js';
import { workflowOf } from './workflow-of.js';

const MAX_STEPS = 2_000_000;

/**
 * Runs a workflow on the pure core in virtual time: an in-memory ledger, a messenger that may lose, double, delay and reorder,
 * simulated executors, and the watch that finds what was lost. Nothing here decides anything: it loads, asks the core, commits, sends.
 */
export class Interpreter extends ReadRun {
  readonly executor: SimulatedExecutor;
  private readonly simulation: Simulation;
  private readonly scheduler: SimulatedScheduler;
  private readonly watch: SimulatedWatch;
  private readonly notices: SimulatedNotices;
  private readonly events: SimulatedEvents;
  private eventCount = 0;
  private readonly office: SimulatedOffice;
  private readonly others: SimulatedOthers;
  private readonly checked: boolean;

  constructor(workflow: Workflow, options: InterpreterOptions = {}) {
    const { limits, startAt, reused, placeAfterMs, first, unborn } = firstStep(workflow, options);
    super(workflow, new MemoryLedger(unborn, { storedAbove: options.storedAbove ?? 200, limits, workflow }));
    this.checked = options.checked ?? true;
    const unit = options.unit ?? (() => 0.5);
    this.simulation = new Simulation(workflow, this.ledger, options.fates ?? ORDERLY, limits, unit, startAt);
    this.watch = new SimulatedWatch(this.simulation);
    this.notices = new SimulatedNotices(this.simulation);
    this.office = new SimulatedOffice(this.simulation, this.notices, options.people ?? (() => []));
    this.events = new SimulatedEvents(this.simulation, this.notices);
    this.others = new SimulatedOthers(
      this.simulation,
      options.workflows ?? (() => ({ kind: 'succeeds' })),
      options.guards ?? null,
    );
    this.scheduler = new SimulatedScheduler(this.simulation, this.watch, this.office, this.events, this.others, this.checked);
    const handler = options.handler ?? (() => succeedWith({}));
    this.executor = new SimulatedExecutor(this.simulation, handler, options.leaseMs ?? 15_000, options.guard);
    if (reused !== null)
      this.ledger.commit({ run: null, tasks: reused.tasks, attempts: [], approvals: [], effects: [], marks: [] });
    if (first === null) {
      this.others.givePlaceAfter(placeAfterMs ?? 0);
      return;
    }
    this.scheduler.commit(first, []);
    this.scheduler.publish(first);
  }

  /** Starts a run of a document, YAML text or JSON. */
  static of(document: string | Json, options: InterpreterOptions = {}): Interpreter {
    return new Interpreter(workflowOf(document), options);
  }

  /** Virtual time, epoch milliseconds. */
  get now(): number {
    return this.simulation.now;
  }

  get decisions(): readonly DecisionRecord[] {
    return this.scheduler.decisions;
  }

  /** All that was published, also what was lost then. */
  get messages(): readonly Message[] {
    return this.scheduler.messages;
  }

  /** How often the core asked for more before it decided. */
  get wants(): number {
    return this.scheduler.wants;
  }

  /** Puts an input in front of the scheduler `afterMs` from now. */
  send(input: Input, afterMs = 0): this {
    this.simulation.send(input, afterMs);
    return this;
  }

  /** An event comes in `afterMs` from now: to whoever waits for it or, with `toRun`, to this run whatever its waits match by. */
  event(
    event: Partial<SimulatedEvent> & Pick<SimulatedEvent, 'type'>,
    options: { afterMs?: number; toRun?: boolean } = {},
  ): this {
    this.eventCount += 1;
    const whole = { id: `event-${this.eventCount}`, source: 'test', subject: null, time: null, data: null, ...event };
    const { afterMs = 0, toRun = false } = options;
    this.simulation.queue.push(this.now + afterMs, { kind: 'event', event: whole, toRun });
    return this;
  }

  /** What a person says; it is heard at once. */
  decideApproval(task: Address & { readonly fence: Fence }, answer: PersonAnswer): Answered {
    return this.office.answer(task, answer);
  }

  /** A child run that goes on by itself has ended. */
  endChild(run: RunId, state: ChildState): void {
    this.others.children.settle(run, state);
  }

  /** Events the run has published, each time it has. */
  get published(): readonly EmittedEvent[] {
    return this.events.published;
  }

  /** Child runs that were started, in order. */
  get children(): readonly SimulatedChild[] {
    return this.others.children.started;
  }

  /** When attempts of calls with a rate limit were handed out, epoch milliseconds. */
  get rateStarts(): readonly number[] {
    return this.others.admissions.starts.map(({ at }) => at);
  }

  /** How a dependency is doing. */
  dependency(name: string): Dependency {
    return this.others.admissions.dependency(name);
  }

  /** What the core would decide now; nothing is committed. */
  decide(inputs: readonly Input[]): Decision {
    return this.scheduler.decide(inputs);
  }

  /** Until nothing is in flight and nothing is due; then everything must have ended, or wait for a person. */
  toRest(): this {
    for (let steps = 0; this.step(); steps += 1) {
      if (steps > MAX_STEPS) throw new LawBroken('the run does not come to rest');
    }
    return this.audit();
  }

  /** Of a run at rest: nothing in it is forgotten. */
  audit(): this {
    if (this.checked) auditRest(this.workflow, this.ledger);
    return this;
  }

  /** Lets virtual time pass. */
  advance(ms: number): this {
    const until = this.now + ms;
    while ((this.simulation.queue.nextAt ?? Infinity) <= until) this.step();
    this.simulation.now = until;
    return this;
  }

  /** When the next thing happens, epoch milliseconds; null: nothing is to come. */
  get nextAt(): number | null {
    return this.simulation.queue.nextAt;
  }

  /** Virtual time has come so far, and nothing has happened. */
  passTo(at: number): void {
    this.simulation.now = Math.max(this.now, at);
  }

  /** Virtual time that somebody waits for. */
  ringAt(at: number, ring: () => void): void {
    this.simulation.ringAt(at, ring);
  }

  /** The next thing happens; false: nothing is to come. */
  step(): boolean {
    const { queue } = this.simulation;
    const at = queue.nextAt;
    const event = queue.pop();
    if (at === null || event === null) return false;
    this.simulation.now = Math.max(this.now, at);
    this.happen(event);
    return true;
  }

  private happen(event: Event): void {
    switch (event.kind) {
      case 'input':
        return this.scheduler.receive(event.input);
      case 'ticket':
        return this.executor.take(event.task);
      case 'renew':
        return this.executor.renew(event.claim);
      case 'answer':
        return this.executor.answer(event.claim);
      case 'interrupt':
        return this.executor.interrupt(event.claim);
      case 'watch':
        return this.watch.ring(event.key, event.at);
      case 'person':
        this.office.answer(event.task, event.answer);
        return;
      case 'told':
        return this.notices.ring(event.key);
      case 'event':
        return this.events.arrive(event.event, event.toRun);
      case 'emission':
        return this.events.emit(event.task, event.event);
      case 'start-child':
      case 'cancel-child':
      case 'child-ends':
      case 'child-tells':
      case 'place':
        return this.others.happen(event);
      case 'timer':
        return event.ring();
      case 'announced':
        if (hasRunEnded(this.run.status)) this.ledger.confirmAnnounced();
    }
  }
}
