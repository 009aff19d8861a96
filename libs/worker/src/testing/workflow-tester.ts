import { checkInput, concurrencyKey, guardOf, type Json, parseJsonText, toJsonText, type Workflow } from '@reprise/core';
import { AtWork } from './at-work.js';
import { ChildPlay, type Children } from './child-play.js';
import { MAX_OUTPUT_BYTES } from './fake-attempt.js';
import type { FakeQuery } from './fake-transaction.js';
import { type Firing, firingsOf, type Span, type Start, startsOf } from './firings.js';
import { answersOf, type People } from './people.js';
import { PlayedAttempt } from './played-attempt.js';
import { type Handlers, Players } from './players.js';
import { readDocument } from './read-document.js';
import { TestedRun } from './tested-run.js';
import { TesterError } from './tester-error.js';
import { durationMs, instantMs } from './virtual-time.js';
import { type Sent, World } from './world.js';

export interface TesterOptions {
  /** What plays the calls: `{ 'payments.charge': (input, attempt) => … }`, real handlers, or a list of both. */
  readonly handlers?: Handlers;
  /** What `workflow:` tasks start: documents, or mocks. */
  readonly children?: Children;
  /** What people do about approvals; without it a run waits for `run.approve` and `run.reject`. */
  readonly people?: People;
  /** By name, as `secrets.NAME` reads them. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Plays the database of `attempt.transaction`. */
  readonly query?: FakeQuery;
  /** Where virtual time begins; default 2026-01-01T00:00:00Z. */
  readonly startAt?: string | Date;
  /** Draws numbers in [0, 1) for jitter; default: always 0.5. */
  readonly random?: () => number;
  /** How long in real time a handler may be at work before the test fails; default 4s. */
  readonly patience?: string;
  /** How many steps may lie between two rests before the run counts as one that never ends; default 1,000,000. */
  readonly steps?: number;
}

export interface TestRunOptions {
  readonly startAt?: string | Date;
  readonly labels?: Readonly<Record<string, string>>;
  /** Who starts it, as credentials tell. */
  readonly startedBy?: string;
  /** The instant of the schedule that starts it: `run.scheduledFor`. */
  readonly scheduledFor?: string | Date;
  /** How long it waits for its place under the workflow's `concurrency`; default: not at all. */
  readonly queuedFor?: string;
}

type Phantom<Document> = { [Key in keyof Document & symbol]: Document[Key] }[keyof Document & symbol];
type RunTypes<Document> = [Phantom<Document>] extends [never] ? unknown : NonNullable<Phantom<Document>>;
/** What the runs of a document made with `workflow()` of @reprise/client take and give. */
export type InputOf<Document> = RunTypes<Document> extends { readonly input: infer Input } ? Input : unknown;
export type OutputOf<Document> = RunTypes<Document> extends { readonly output: infer Output } ? Output : Json;

/** More than a year of hourly work takes. */
const MOST_STEPS = 1_000_000;
/** Nothing holds attempts back in a test. */
const NO_POLICY = { breaker: null, budget: null };
const DEFAULT_START = '2026-01-01T00:00:00Z';

/** Runs of one document on the pure core, in virtual time: no broker, no database, no waiting. */
export class WorkflowTester<Input, Output> {
  readonly warnings: readonly string[];
  private readonly workflow: Workflow;
  private readonly players: Players;
  private readonly children: ChildPlay;

  constructor(
    document: string | object,
    private readonly options: TesterOptions,
  ) {
    const { workflow, warnings } = readDocument(document);
    this.workflow = workflow;
    this.warnings = warnings.map(({ line, column, message }) => `${line}:${column}: ${message}`);
    this.players = new Players(options.handlers ?? {});
    this.children = new ChildPlay(options.children ?? {});
    this.players.check([workflow, ...this.children.workflows]);
  }

  /** Starts a run, and plays it until it has ended or waits for somebody. @throws TesterError if the input does not fit */
  async run(input?: Input, options: TestRunOptions = {}): Promise<TestedRun<Output>> {
    const run = await this.start(input, options);
    return run.goOn();
  }

  /** Starts a run, and lets no time pass yet: `await run.advance('5s')`, `await run.goOn()`. */
  async start(input?: Input, options: TestRunOptions = {}): Promise<TestedRun<Output>> {
    const given = this.readInput(input);
    const { startAt = this.options.startAt ?? DEFAULT_START, scheduledFor, queuedFor, labels, startedBy } = options;
    const world = this.world();
    const inhabitant = world.settle(this.workflow, {
      input: given,
      startAt: instantMs(startAt),
      ...(labels === undefined ? {} : { labels }),
      ...(startedBy === undefined ? {} : { startedBy }),
      ...(scheduledFor === undefined ? {} : { origin: { scheduledFor: instantMs(scheduledFor) } }),
      ...(queuedFor === undefined ? {} : { placeAfterMs: durationMs(queuedFor) }),
    });
    return new TestedRun<Output>(world, inhabitant);
  }

  /** Every instant of its schedules in a span, with the input of the run it starts. */
  firings(span: Span): readonly Firing[] {
    return firingsOf(this.workflow, span);
  }

  /** The run of a firing, at its instant. */
  fire(firing: Firing, options: TestRunOptions = {}): Promise<TestedRun<Output>> {
    if (firing.unmatched !== null)
      throw new TesterError('WRONG_STATE', `${firing.schedule} starts no run at ${firing.at}: ${firing.unmatched}`);
    return this.run(firing.input as Input, { startAt: firing.at, scheduledFor: firing.at, ...options });
  }

  /** What the `event` triggers of the document make of an event. */
  starts(event: Sent): readonly Start[] {
    return startsOf(this.workflow, event);
  }

  private readInput(input: Input | undefined): Json {
    const given = parseJsonText(toJsonText(input ?? {}));
    const { inputSchema } = this.workflow;
    const problems = inputSchema === null ? [] : checkInput(inputSchema, given);
    const key = concurrencyKey(this.workflow, given);
    const all = [
      ...problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)),
      ...(key.kind === 'ok' ? [] : [`concurrency.key: ${key.error.message}`]),
    ];
    if (all.length > 0)
      throw new TesterError(
        'INVALID_INPUT',
        `the input does not fit ${this.workflow.name}:\n${all.map((each) => `  ${each}`).join('\n')}`,
      );
    return given;
  }

  private world(): World {
    const { people, secrets = {}, query = null, random, patience = '4s', steps = MOST_STEPS } = this.options;
    const atWork = new AtWork(durationMs(patience));
    return new World({
      atWork,
      steps,
      children: this.children,
      people: answersOf(people),
      play: (run) => {
        const stage = { run, atWork, secrets, query, maxOutputBytes: MAX_OUTPUT_BYTES };
        return {
          handler: (attempt) => new PlayedAttempt(attempt, this.players.of(attempt.path, attempt.call), stage),
          guard: (work) => guardOf(work, this.players.declared(work.call)),
          guards: { policy: NO_POLICY, retries: (call) => this.players.declared(call).retry },
          ...(random === undefined ? {} : { unit: random }),
        };
      },
    });
  }
}

/**
 * A workflow under test: YAML or JSON text, a document as an object, or one made with `workflow()` of @reprise/client.
 * @throws BadDocument with every problem of the document
 */
export function testWorkflow<const Document extends string | object>(
  document: Document,
  options: TesterOptions = {},
): WorkflowTester<InputOf<Document>, OutputOf<Document>> {
  return new WorkflowTester(document, options);
}
