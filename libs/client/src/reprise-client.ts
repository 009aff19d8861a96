import type { EventView, Page, RunView } from '@reprise/contracts';
import type { Json } from '@reprise/core';
import { ApprovalsClient } from './approvals-client.js';
import { BatchesClient } from './batches-client.js';
import { type ClientOptions, Connection } from './connection.js';
import { DeadLettersClient } from './dead-letters-client.js';
import { Deadline } from './deadline.js';
import { DependenciesClient } from './dependencies-client.js';
import { DoctorClient } from './doctor-client.js';
import { ExecutorsClient } from './executors-client.js';
import { QueuesClient } from './queues-client.js';
import { RepriseError, UnreachableError, WaitTimeoutError } from './reprise-error.js';
import { type PageOptions, RunsClient } from './runs-client.js';
import { SchedulesClient } from './schedules-client.js';
import { SimulationsClient } from './simulations-client.js';
import type { WorkflowDocument } from './workflow/document.js';
import { WorkflowsClient } from './workflows-client.js';

export interface RunOptions {
  /** Idempotency key: the same key and input again gives the same run; with other input it is a RepriseError 422. */
  readonly key?: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

declare const WILL_GIVE: unique symbol;

/** `Output` is what the run gives when it succeeds. */
export interface StartedRun<Output = Json> {
  readonly id: string;
  /** null: its key is known, and the run has been deleted since. */
  readonly status: string | null;
  /** false: the key was known, this is the run it had started. */
  readonly created: boolean;
  readonly [WILL_GIVE]?: Output;
}

export type EndedRun<Output = Json> = Omit<RunView, 'status' | 'output'> &
  (
    | { readonly status: 'succeeded'; readonly output: Output }
    | { readonly status: 'failed' | 'cancelled'; readonly output: null }
  );

/** A CloudEvent. The server gives `id` and `source` where they are missing; without an `id` every call is an event of its own. */
export interface RepriseEvent<Data = unknown> {
  readonly type: string;
  readonly id?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data?: Data;
}

export interface PublishedEvent {
  readonly id: string;
  /** `accepted`, `duplicate`, `unmatched`, `conflict`, `rejected` */
  readonly outcome: string;
  readonly runs: readonly unknown[];
}

export interface WaitOptions {
  /** Default: as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** What a caller needs: start runs, publish events, wait for results, look at runs and workflows. */
export class RepriseClient {
  readonly runs: RunsClient;
  readonly workflows: WorkflowsClient;
  readonly schedules: SchedulesClient;
  readonly approvals: ApprovalsClient;
  readonly batches: BatchesClient;
  readonly deadLetters: DeadLettersClient;
  readonly dependencies: DependenciesClient;
  readonly queues: QueuesClient;
  readonly doctor: DoctorClient;
  readonly executors: ExecutorsClient;
  readonly simulations: SimulationsClient;
  private readonly connection: Connection;

  constructor(options: ClientOptions = {}) {
    this.connection = new Connection(options);
    this.runs = new RunsClient(this.connection);
    this.approvals = new ApprovalsClient(this.connection);
    this.batches = new BatchesClient(this.connection);
    this.deadLetters = new DeadLettersClient(this.connection);
    this.dependencies = new DependenciesClient(this.connection);
    this.queues = new QueuesClient(this.connection);
    this.doctor = new DoctorClient(this.connection);
    this.executors = new ExecutorsClient(this.connection);
    this.simulations = new SimulationsClient(this.connection);
    this.workflows = new WorkflowsClient(this.connection);
    this.schedules = new SchedulesClient(this.connection);
  }

  get url(): string {
    return this.connection.url;
  }

  /**
   * Starts a run of the workflow of that name, or of one that was built with `workflow()`: then its input is checked by the compiler
   * and its output has a type. With `wait` it resolves when the run has ended (or throws WaitTimeoutError).
   */
  run<Input, Output>(
    workflow: WorkflowDocument<Input, Output>,
    input: NoInfer<Input>,
    options: RunOptions & { readonly wait: WaitOptions },
  ): Promise<EndedRun<Output>>;
  run<Input, Output>(
    workflow: WorkflowDocument<Input, Output>,
    input: NoInfer<Input>,
    options?: RunOptions,
  ): Promise<StartedRun<Output>>;
  run(workflow: string, input: unknown, options: RunOptions & { readonly wait: WaitOptions }): Promise<EndedRun>;
  run(workflow: string, input: unknown, options?: RunOptions): Promise<StartedRun>;
  async run(
    workflow: string | WorkflowDocument,
    input: unknown,
    options: RunOptions & { readonly wait?: WaitOptions } = {},
  ): Promise<StartedRun | EndedRun> {
    const { key, version, labels, wait } = options;
    const name = typeof workflow === 'string' ? workflow : workflow.workflow;
    const { status, body } = await this.connection.ask(`/v1/workflows/${encodeURIComponent(name)}/runs`, {
      method: 'POST',
      body: { input, ...(version === undefined ? {} : { version }), ...(labels === undefined ? {} : { labels }) },
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
    const started: StartedRun = { ...(body as Omit<StartedRun, 'created'>), created: status !== 200 };
    return wait === undefined ? started : this.wait(started, wait);
  }

  /** Durable before it resolves. The same (source, id) again starts nothing. */
  async publish(event: RepriseEvent): Promise<PublishedEvent> {
    const { body } = await this.connection.ask('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents+json' },
      text: JSON.stringify({ specversion: '1.0', source: '/reprise/client', id: globalThis.crypto.randomUUID(), ...event }),
    });
    const [result] = (body as { results: readonly PublishedEvent[] }).results;
    if (result === undefined)
      throw new RepriseError(202, { code: 'not_reprise', detail: 'the server tells nothing of the event' });
    return result;
  }

  /** What published events did, newest first. */
  async events(
    query: PageOptions & { readonly type?: string; readonly outcome?: EventView['outcome'] } = {},
  ): Promise<Page<EventView>> {
    return (await this.connection.ask('/v1/events', { query: { ...query } })).body as Page<EventView>;
  }

  /**
   * The run once it has ended, without its tasks. A server that cannot be reached meanwhile is asked again.
   * What `run` answered knows the type of the output, an id does not.
   * @throws WaitTimeoutError, RepriseError, the signal's reason
   */
  async wait<Output = Json>(run: string | StartedRun<Output>, options: WaitOptions = {}): Promise<EndedRun<Output>> {
    const { timeoutMs, signal } = options;
    const id = typeof run === 'string' ? run : run.id;
    const deadline = timeoutMs === undefined ? undefined : new Deadline(timeoutMs);
    const both = [signal, deadline?.signal].filter((each) => each !== undefined);
    const until = both.length === 0 ? undefined : AbortSignal.any(both);
    try {
      return (await this.poll(id, until)) as EndedRun<Output>;
    } catch (error) {
      if (deadline?.signal.aborted === true && signal?.aborted !== true) throw new WaitTimeoutError(id, timeoutMs ?? 0);
      throw error;
    } finally {
      deadline?.clear();
    }
  }

  private async poll(id: string, signal: AbortSignal | undefined): Promise<RunView> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
      try {
        const run = await this.runs.get(id, { tasks: 0, ...(signal === undefined ? {} : { signal }) });
        if (ENDED.has(run.status)) return run;
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
      await pause(pauseMs, signal);
    }
  }
}

const isPassing = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof RepriseError && (error.status === 503 || error.status === 502));

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
