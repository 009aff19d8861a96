import { type EmittedEvent, type Json, nearestName, parsePath, pathOf, type RunStatus, type TaskError } from '@reprise/core';
import type { Interpreter } from './interpreter/index.js';
import { jsonOf } from './json-of.js';
import { readTask, type TestedTask } from './read-task.js';
import { TesterError } from './tester-error.js';
import { type Happening, timelineOf } from './timeline.js';
import { durationOf, instantOf } from './virtual-time.js';
import { type Waiting, waitingFor } from './waiting.js';
import type { Inhabitant, World } from './world.js';

/** One attempt as it was taken. */
export interface Call {
  readonly task: string;
  readonly call: string;
  /** Without its secrets. */
  readonly input: Json;
  readonly attempt: number;
  readonly at: string;
}

/** A child run; `run` is null where a mock played it. */
export interface TestedChild<Child> {
  readonly task: string;
  readonly workflow: string;
  readonly version: string | null;
  readonly input: Json;
  readonly run: Child | null;
}

/** What a run has come to. */
export abstract class ReadableRun<Output, Child> {
  constructor(
    protected readonly world: World,
    private readonly self: Inhabitant,
  ) {}

  /** A child run, as this run is shown. */
  protected abstract open(child: Inhabitant): Child;

  get id(): string {
    return this.run.run.id;
  }

  get status(): RunStatus {
    return this.run.run.status;
  }

  /** null unless it has succeeded with one. */
  get output(): Output | null {
    return jsonOf(this.run.run.output) as Output | null;
  }

  get error(): TaskError | null {
    return this.run.run.error;
  }

  /** Virtual time. */
  get now(): string {
    return instantOf(this.world.now);
  }

  /** From its creation until its end, or until now: `1m2s`. */
  get took(): string {
    return durationOf(this.tookMs);
  }

  get tookMs(): number {
    const { createdAt, endedAt } = this.run.run;
    return Math.floor((endedAt ?? this.world.now) - createdAt);
  }

  /** The task instance at a path such as `page[3].charge`, `charge:compensate`, `onFailure.tell`. */
  task(path: string): TestedTask {
    this.addressOf(path);
    return readTask(this.run, path);
  }

  /** Every attempt in the order in which they were taken; of one call, if it is named. */
  calls(call?: string): readonly Call[] {
    const { workflow, executor, ledger } = this.run;
    const all = executor.claims.flatMap(({ key, attempt, at }): readonly Call[] => {
      const row = ledger.tasks.get(key);
      const work = row === undefined ? undefined : workflow.nodes[row.node]?.work;
      if (row === undefined || work?.kind !== 'call') return [];
      return [{ task: pathOf(workflow, row), call: work.call, input: jsonOf(row.input), attempt, at: instantOf(at) }];
    });
    return call === undefined ? all : all.filter((each) => each.call === call);
  }

  /** Events it has published. */
  get emitted(): readonly Omit<EmittedEvent, 'hops'>[] {
    return this.run.published.map(({ hops: _, ...event }) => event);
  }

  get children(): readonly TestedChild<Child>[] {
    const played = this.world.childrenOf(this.run);
    return this.run.children.map(({ path, workflow, version, input }) => {
      const child = played.find((each) => each.parent?.path === path);
      return { task: path, workflow, version, input, run: child === undefined ? null : this.open(child) };
    });
  }

  /** The run of a child, where its document was given. */
  child(task: string): Child {
    const found = this.children.findLast((child) => child.task === task);
    if (found?.run != null) return found.run;
    const why = found === undefined ? 'has started no child run' : 'is played by a mock: give its document to have a run';
    throw new TesterError('WRONG_STATE', `task "${task}" ${why}`);
  }

  /** Who and what it waits for; empty: it has ended, or is at work. */
  get waitingFor(): readonly Waiting[] {
    return waitingFor(this.run);
  }

  /** What happened when, and why. */
  get timeline(): readonly Happening[] {
    return timelineOf(this.run);
  }

  /** The timeline to be read, one line each. */
  toString(): string {
    const rows = this.timeline.map(({ after, task, text }) => [`+${after}`, task ?? 'run', text] as const);
    const [first, second] = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
    return rows.map(([when, who, text]) => `${when.padStart(first ?? 0)}  ${who.padEnd(second ?? 0)}  ${text}`).join('\n');
  }

  protected get run(): Interpreter {
    return this.self.interpreter;
  }

  protected addressOf(path: string) {
    const { workflow } = this.run;
    const address = parsePath(workflow, path);
    if (address !== null) return address;
    const near = nearestName(
      path,
      workflow.nodes.map((node) => node.path),
    );
    const hint =
      near === null
        ? `it has ${workflow.nodes
            .map((node) => node.path)
            .slice(0, 20)
            .join(', ')}`
        : `did you mean "${near}"?`;
    throw new TesterError('UNKNOWN_NAME', `${workflow.name} has no task "${path}"; ${hint}`);
  }
}
