import type {
  AttemptLogView,
  AttemptView,
  HistoryFact,
  Page,
  RunSummary,
  RunView,
  SentEventAnswer,
  TaskDetail,
  TaskView,
} from '@reprise/contracts';
import type { RunStatus, TaskStatus } from '@reprise/core';
import type { Connection } from './connection.js';

export interface PageOptions {
  /** 1–500, default 50. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string | null;
}

export interface RunQuery extends PageOptions {
  readonly status?: RunStatus;
  readonly workflow?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly since?: Date | string;
  readonly until?: Date | string;
  /** Beginning of an id or key, or part of a workflow's name. */
  readonly q?: string;
  /** Only those that this run has started. */
  readonly parent?: string;
}

export interface RunEvent {
  readonly type: string;
  readonly data?: unknown;
  /** The same id and source again change nothing; without one every call is an event of its own. */
  readonly id?: string;
  readonly source?: string;
  readonly subject?: string;
}

/** `applied: false`: it is kept and will be carried out, but no scheduler has come to it yet. `status` is the run's by now. */
export interface CommandAnswer {
  readonly id: string;
  readonly status: RunStatus;
  readonly applied: boolean;
}

/** `status` is the task's by now. */
export interface TaskCommandAnswer {
  readonly id: string;
  readonly task: string;
  readonly status: TaskStatus;
  readonly applied: boolean;
}

export interface Resolution {
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  /** Of a success; default null. */
  readonly output?: unknown;
  readonly reason?: string;
  /** What is known by now of its effects in doubt; with `retry`, those that are not named have not happened. */
  readonly effects?: readonly EffectFinding[];
}

/** What a person has found out about an effect in doubt. */
export interface EffectFinding {
  readonly name: string;
  readonly happened: boolean;
  /** Of what has happened; default null. */
  readonly result?: unknown;
}

export interface RerunOptions {
  /** `latest`, a semver or a number; that of the earlier run if absent. */
  readonly version?: string;
  /** A task at the top of the workflow. */
  readonly from?: string;
  /** Idempotency key. */
  readonly key?: string;
}

export interface RerunAnswer {
  readonly id: string;
  readonly status: RunStatus;
  /** false: the key was known, this is the run it had started. */
  readonly created: boolean;
}

const instant = (value: Date | string | undefined): string | undefined => (value instanceof Date ? value.toISOString() : value);
const paging = ({ limit, cursor }: PageOptions) => ({ limit, cursor });
const at = (id: string, rest = ''): string => `/v1/runs/${encodeURIComponent(id)}${rest}`;

/** Runs as they are read and commanded. The shapes are what the server documents. */
export class RunsClient {
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  async list(query: RunQuery = {}): Promise<Page<RunSummary>> {
    const labels = Object.entries(query.labels ?? {}).map(([name, value]) => [`label.${name}`, value] as const);
    const { status, workflow, q, parent } = query;
    const times = { since: instant(query.since), until: instant(query.until) };
    return this.read('/v1/runs', { ...paging(query), status, workflow, q, parent, ...times, ...Object.fromEntries(labels) });
  }

  /** With its first `tasks` tasks (0–500, default 500). */
  async get(id: string, options: { readonly tasks?: number; readonly signal?: AbortSignal } = {}): Promise<RunView> {
    return this.read(at(id), { tasks: options.tasks }, options.signal);
  }

  async tasks(id: string, page: PageOptions = {}): Promise<Page<TaskView>> {
    return this.read(at(id, '/tasks'), paging(page));
  }

  /** One task with its whole input and output; `path` like `page[3].charge`. */
  async task(id: string, path: string): Promise<TaskDetail> {
    return this.read(at(id, `/tasks/${encodeURIComponent(path)}`));
  }

  async attempts(id: string, path: string, page: PageOptions = {}): Promise<Page<AttemptView>> {
    return this.read(at(id, `/tasks/${encodeURIComponent(path)}/attempts`), paging(page));
  }

  /** All that is kept of what an attempt has written. */
  async log(id: string, path: string, attempt: number): Promise<AttemptLogView> {
    return this.read(at(id, `/tasks/${encodeURIComponent(path)}/attempts/${attempt}/log`));
  }

  /** Every fact, oldest first. */
  async history(id: string, page: PageOptions = {}): Promise<Page<HistoryFact>> {
    return this.read(at(id, '/history'), paging(page));
  }

  /** Asks it to end: it stays `running` until what runs has stopped. A run that has ended answers 409 `run_ended`. */
  async cancel(
    id: string,
    options: { readonly reason?: string } = {},
  ): Promise<{ readonly id: string; readonly status: RunStatus }> {
    const { body } = await this.connection.ask(at(id, '/cancel'), { method: 'POST', body: options });
    return body as { id: string; status: RunStatus };
  }

  /** Delivers an event to this run alone: to any wait for its type, whatever that matches by. A run that has ended answers 409 `run_ended`. */
  async sendEvent(id: string, event: RunEvent): Promise<SentEventAnswer> {
    const { body } = await this.connection.ask(at(id, '/events'), { method: 'POST', body: event });
    return body as SentEventAnswer;
  }

  /**
   * Starts a new run with the input and labels of one that has ended, on its version unless `version` says `latest` or another.
   * `from`: what had succeeded and does not follow on this task is not run again. One that has not ended answers 409 `wrong_state`.
   */
  async rerun(id: string, options: RerunOptions = {}): Promise<RerunAnswer> {
    const { key, ...body } = options;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const answer = await this.connection.ask(at(id, '/rerun'), { method: 'POST', body, headers });
    return { ...(answer.body as Omit<RerunAnswer, 'created'>), created: answer.status !== 200 };
  }

  /** Takes a failed run up again from what failed in it. One that cannot be answers 409 `not_retryable`, with what to do instead. */
  async retry(id: string): Promise<CommandAnswer> {
    return this.command(at(id, '/retry'));
  }

  /** Nothing of it starts until it is resumed; what runs may end. */
  async pause(id: string): Promise<CommandAnswer> {
    return this.command(at(id, '/pause'));
  }

  async resume(id: string): Promise<CommandAnswer> {
    return this.command(at(id, '/resume'));
  }

  /** Ends the wait before the next attempt. A task that does not wait for one answers 409 `wrong_state`. */
  async retryNow(id: string, path: string): Promise<TaskCommandAnswer> {
    return this.command(at(id, `/tasks/${encodeURIComponent(path)}/retry-now`));
  }

  /** Says what a parked task has come to, or has it tried again. One that is not parked answers 409 `wrong_state`. */
  async resolve(id: string, path: string, resolution: Resolution): Promise<TaskCommandAnswer> {
    return this.command(at(id, `/tasks/${encodeURIComponent(path)}/resolve`), resolution);
  }

  /** Says what has become of effects that an ended task has left in doubt. What the task and its run came to stands. */
  async settle(
    id: string,
    path: string,
    settlement: { readonly effects: readonly EffectFinding[]; readonly reason?: string },
  ): Promise<TaskCommandAnswer> {
    return this.command(at(id, `/tasks/${encodeURIComponent(path)}/settle`), settlement);
  }

  private async command<Shape>(path: string, body?: unknown): Promise<Shape> {
    const answer = await this.connection.ask(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
    return answer.body as Shape;
  }

  private async read<Shape>(
    path: string,
    query: Readonly<Record<string, string | number | null | undefined>> = {},
    signal?: AbortSignal,
  ): Promise<Shape> {
    const { body } = await this.connection.ask(path, { query, signal });
    return body as Shape;
  }
}
