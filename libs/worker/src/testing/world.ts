import { type EmittedEvent, type Input, pathOf, type RunId, runId, type Workflow } from '@reprise/core';
import type { AtWork } from './at-work.js';
import type { ChildPlay } from './child-play.js';
import {
  type ChildFate,
  Interpreter,
  type InterpreterOptions,
  LawBroken,
  type SimulatedChild,
  type SimulatedEvent,
} from './interpreter/index.js';
import type { AskedPeople, TimedAnswer } from './people.js';
import { isAtRest, isEnded, isTicking } from './rest.js';
import { TesterError } from './tester-error.js';
import { instantOf } from './virtual-time.js';

/** A run in the world, and the task that waits for it. */
export interface Inhabitant {
  readonly interpreter: Interpreter;
  readonly parent: { readonly interpreter: Interpreter; readonly path: string } | null;
  readonly depth: number;
  /** When people will have answered: until then nobody need be waited for. Epoch milliseconds. */
  readonly promise: { readonly until: number };
}

type Begun = InterpreterOptions & { readonly startAt: number };

export type Sent = Partial<SimulatedEvent> & Pick<SimulatedEvent, 'type'>;

export interface WorldOptions {
  readonly atWork: AtWork;
  /** Most of them from one rest to the next. */
  readonly steps: number;
  readonly children: ChildPlay;
  /** How a run is played, told where it is. */
  readonly play: (self: () => Interpreter) => Pick<InterpreterOptions, 'handler' | 'guard' | 'guards' | 'unit'>;
  readonly people: (asked: AskedPeople) => readonly TimedAnswer[];
}

/** A run, its children and theirs, in one virtual time. */
export class World {
  readonly inhabitants: Inhabitant[] = [];
  private readonly heard = new Map<Interpreter, number>();
  private count = 0;
  private eventCount = 0;
  private steps = 0;
  private isPassing = false;

  constructor(private readonly options: WorldOptions) {}

  get now(): number {
    return Math.max(...this.inhabitants.map(({ interpreter }) => interpreter.now));
  }

  childrenOf(parent: Interpreter): readonly Inhabitant[] {
    return this.inhabitants.filter((each) => each.parent?.interpreter === parent);
  }

  /** A run begins. */
  settle(workflow: Workflow, options: Begun, parent: Inhabitant['parent'] = null, depth = 0): Inhabitant {
    this.count += 1;
    const id = options.id ?? runId(`01890000-0000-7000-8000-${String(this.count).padStart(12, '0')}`);
    const promise = { until: 0 };
    // People may hear of a run while it is being made.
    let made: Inhabitant | null = null;
    const self = (): Inhabitant => {
      if (made === null) throw new LawBroken('a run works before it is made');
      return made;
    };
    const interpreter: Interpreter = new Interpreter(workflow, {
      ...this.options.play(() => self().interpreter),
      ...options,
      id,
      people: (asked) => {
        const answers = this.options.people(asked);
        const now = made?.interpreter.now ?? options.startAt;
        promise.until = Math.max(promise.until, ...answers.map(({ afterMs }) => now + afterMs));
        return answers;
      },
      workflows: (child, run) => this.startChild(self(), child, run),
    });
    made = { interpreter, parent, depth, promise };
    this.inhabitants.push(made);
    return made;
  }

  private startChild(parent: Inhabitant, child: SimulatedChild, run: RunId): ChildFate {
    const depth = parent.depth + 1;
    const plan = this.options.children.plan(child, depth);
    if (plan.kind === 'ends') return plan.fate;
    const startAt = parent.interpreter.now;
    const origin = { depth, root: parent.interpreter.run.origin.root ?? parent.interpreter.run.id };
    const above = { interpreter: parent.interpreter, path: child.path };
    const { interpreter } = this.settle(plan.workflow, { id: run, input: plan.input, startAt, origin }, above, depth);
    const cancel = (): void => {
      interpreter.passTo(parent.interpreter.now);
      interpreter.send({ kind: 'cancel', reason: null, by: null });
    };
    return { kind: 'goes-on', cancel };
  }

  /** Events come in, all at this moment; `to`: to this run alone, whatever its waits match by. */
  publish(events: readonly Sent[], to: Interpreter | null): void {
    const { now } = this;
    for (const event of events) {
      this.eventCount += 1;
      const whole = { id: `test-${this.eventCount}`, ...event };
      for (const { interpreter } of this.inhabitants) {
        if (to !== null && to !== interpreter) continue;
        interpreter.passTo(now);
        interpreter.event(whole, { toRun: to !== null });
      }
    }
  }

  /** Heard at once, also by a run that has ended. */
  tell(interpreter: Interpreter, input: Input): void {
    const { now } = this;
    interpreter.passTo(now);
    interpreter.send(input);
    while ((interpreter.nextAt ?? Number.POSITIVE_INFINITY) <= now) interpreter.step();
  }

  /** Until nothing more happens by itself: every run has ended, or waits for somebody. */
  async rest(): Promise<void> {
    await this.pass(Number.POSITIVE_INFINITY, () => this.isAtRest());
  }

  /** Whatever time it takes: reminders, escalations and timeouts come, people do not. What waits without an end is left as it is. */
  async end(): Promise<void> {
    const isOver = ({ interpreter }: Inhabitant): boolean => isEnded(interpreter) || !isTicking(interpreter);
    await this.pass(Number.POSITIVE_INFINITY, () => this.isAtRest() && this.inhabitants.every(isOver));
  }

  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    await this.pass(until, () => false);
    for (const { interpreter } of this.inhabitants) interpreter.passTo(until);
  }

  private isAtRest(): boolean {
    const ids = new Set(this.inhabitants.map(({ interpreter }) => interpreter.run.id));
    return this.inhabitants.every(
      ({ interpreter, promise }) =>
        isEnded(interpreter) || (interpreter.now >= promise.until && isAtRest(interpreter, (child) => ids.has(child))),
    );
  }

  private nextAt(interpreter: Interpreter): number | null {
    return isEnded(interpreter) ? null : interpreter.nextAt;
  }

  private async pass(until: number, isDone: () => boolean): Promise<void> {
    if (this.isPassing) throw new TesterError('WRONG_STATE', 'the run is going on already: await one call before the next');
    this.isPassing = true;
    try {
      await this.passAlone(until, isDone);
    } finally {
      this.isPassing = false;
    }
  }

  private async passAlone(until: number, isDone: () => boolean): Promise<void> {
    const { atWork } = this.options;
    for (this.steps = 0; ; ) {
      await atWork.idle();
      if (isDone()) break;
      const at = this.earliest();
      if (at === null || at > until) break;
      this.happenAt(at);
      if (this.steps > this.options.steps) throw this.noEnd();
    }
    for (const { interpreter } of this.inhabitants) if (this.nextAt(interpreter) === null) interpreter.audit();
  }

  private earliest(): number | null {
    const instants = this.inhabitants.flatMap(({ interpreter }) => this.nextAt(interpreter) ?? []);
    return instants.length === 0 ? null : Math.min(...instants);
  }

  /** All of one moment, in every run: handlers that begin together are at work together. */
  private happenAt(at: number): void {
    for (const inhabitant of [...this.inhabitants]) {
      const { interpreter } = inhabitant;
      while ((this.nextAt(interpreter) ?? Number.POSITIVE_INFINITY) <= at) {
        interpreter.step();
        this.steps += 1;
        this.options.atWork.throwBroken();
        this.spread(inhabitant);
      }
    }
  }

  /** What a run has said is heard by the others; what it has come to, by its parent. */
  private spread({ interpreter, parent }: Inhabitant): void {
    const heard = this.heard.get(interpreter) ?? 0;
    const said = interpreter.published.slice(heard);
    this.heard.set(interpreter, heard + said.length);
    this.relay(interpreter, said);
    if (parent === null || !isEnded(interpreter)) return;
    const { status, output, error } = interpreter.run;
    parent.interpreter.passTo(interpreter.now);
    parent.interpreter.endChild(interpreter.run.id, { status, output: output === 'stored' ? null : output, error });
  }

  private relay(from: Interpreter, said: readonly EmittedEvent[]): void {
    for (const { interpreter } of this.inhabitants) {
      if (said.length === 0 || interpreter === from || isEnded(interpreter)) continue;
      interpreter.passTo(from.now);
      for (const { hops: _, ...event } of said) interpreter.event(event);
    }
  }

  private noEnd(): TesterError {
    const [first] = this.inhabitants;
    const open = [...(first?.interpreter.ledger.tasks.values() ?? [])].find(({ status }) => status === 'retrying');
    const most =
      open === undefined
        ? ''
        : `; "${first === undefined ? '' : pathOf(first.interpreter.workflow, open)}" is at attempt ${open.attempt}`;
    const message = `the run goes on and on: ${this.options.steps} steps have brought it to ${instantOf(this.now)}${most}. To look at a part of it: const run = await test.start(input); await run.advance('1h')`;
    return new TesterError('NO_END', message);
  }
}
