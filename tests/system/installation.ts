import { fileURLToPath } from 'node:url';
import type { RunView, WorkflowSummary } from '@reprise/contracts';
import { readLaneKey } from '@reprise/core';
import { eventually, TestBroker, TestDatabase } from '@reprise/testing';
import { EffectRecorder } from './effect-recorder.js';
import { endAll } from './end-all.js';
import { KeptService } from './kept-service.js';
import { type Answer, type EventsAnswer, requestTo, type Started } from './request-to.js';

export { requestTo } from './request-to.js';

export type ServiceName = 'monitor' | 'trigger' | 'scheduler' | 'executor';

/** On a machine that is ten times slower as well. */
const RESTS_WITHIN_MS = 150_000;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PATHS: Readonly<Record<ServiceName, string>> = {
  monitor: `${ROOT}apps/monitor/dist/main.js`,
  trigger: `${ROOT}apps/trigger/dist/main.js`,
  scheduler: `${ROOT}apps/scheduler/dist/main.js`,
  // With handlers that fail, wait, die and record on demand.
  executor: `${ROOT}tests/system/fixtures/executor.mjs`,
};

export interface InstallationOptions {
  /** Default 15s, as in production; dangers are tested with less. */
  readonly lease?: string;
  /** A broker of the test's own. */
  readonly brokerUrl?: string;
  /** An empty database on a server of the test's own. */
  readonly databaseOn?: string;
  /** Instead of the servers the tests run on: proxies in front of them, say. */
  readonly databaseUrl?: (url: string) => string;
  readonly amqpUrl?: (url: string) => string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly faults?: readonly string[];
  readonly restart?: boolean;
}

/** The whole of Reprise over real processes, with a database, a prefix and an outside world of its own. `end` leaves nothing behind. */
export class Installation {
  private readonly services = new Map<ServiceName, KeptService[]>();
  private readonly endings: (() => unknown)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly broker: TestBroker,
    readonly recorder: EffectRecorder,
    private readonly options: InstallationOptions,
  ) {}

  static async create(options: InstallationOptions = {}): Promise<Installation> {
    return new Installation(
      await (options.databaseOn === undefined ? TestDatabase.create() : TestDatabase.on(options.databaseOn)),
      new TestBroker(options.brokerUrl),
      await EffectRecorder.start(),
      options,
    );
  }

  /** The four of them, ready. */
  static async running(options: InstallationOptions = {}): Promise<Installation> {
    const installation = await Installation.create(options);
    try {
      await installation.start('trigger', 'scheduler', 'executor');
      await installation.start('monitor');
      return installation;
    } catch (error) {
      await installation.end().catch(() => undefined);
      throw error;
    }
  }

  async start(...names: readonly ServiceName[]): Promise<void> {
    await Promise.all(names.map((name) => this.startOne(name).ready()));
  }

  startOne(name: ServiceName, { env = {}, faults = [], restart = false }: StartOptions = {}): KeptService {
    const service = new KeptService(name, {
      path: PATHS[name],
      faults,
      restart,
      env: {
        DATABASE_URL: this.options.databaseUrl?.(this.database.url) ?? this.database.url,
        AMQP_URL: this.options.amqpUrl?.(this.broker.url) ?? this.broker.url,
        REPRISE_PREFIX: this.broker.prefix,
        REPRISE_WHEEL_LEVELS: '2',
        REPRISE_PORT: '0',
        REPRISE_LOG_FORMAT: 'json',
        REPRISE_LEASE: this.options.lease ?? '15s',
        REPRISE_DATABASE_POOL: '4',
        REPRISE_DRAIN: '2s',
        RECORDER_URL: this.recorder.url,
        ...(name === 'monitor' && this.services.has('trigger') ? { REPRISE_TRIGGER_URL: this.one('trigger').url } : {}),
        ...this.options.env,
        ...env,
      },
    });
    this.services.set(name, [...(this.services.get(name) ?? []), service]);
    return service;
  }

  /** The last one started of this name. */
  one(name: ServiceName): KeptService {
    const service = this.services.get(name)?.at(-1);
    if (service === undefined) throw new Error(`no ${name} was started`);
    return service;
  }

  all(name: ServiceName): readonly KeptService[] {
    return this.services.get(name) ?? [];
  }

  /** A request to the monitor, or to the trigger where no monitor runs. */
  async request<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const door = this.services.has('monitor') ? this.one('monitor') : this.one('trigger');
    return requestTo<Body>(door.url, method, path, body, headers);
  }

  /** Registers a document, at the trigger started last or at another, and answers the workflow's name. */
  async register(document: string | object, trigger: KeptService = this.one('trigger')): Promise<string> {
    const text = typeof document === 'string' ? document : JSON.stringify(document);
    const type = typeof document === 'string' ? 'application/yaml' : 'application/json';
    const answer = await requestTo<WorkflowSummary>(trigger.url, 'POST', '/v1/workflows', text, { 'content-type': type });
    if (answer.status > 201) throw new Error(`not registered: ${answer.status} ${JSON.stringify(answer.body, null, 1)}`);
    return answer.body.workflow;
  }

  async startRun(workflow: string, input: unknown = {}, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const start = `/v1/workflows/${workflow}/runs`;
    const answer = await requestTo<Started>(this.one('trigger').url, 'POST', start, { input }, headers);
    if (answer.status > 202) throw new Error(`not started: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  }

  /** Sends it by HTTP: what it did. */
  async send(event: { readonly id: string; readonly source: string; readonly type: string; readonly data?: unknown }) {
    const headers = { 'content-type': 'application/cloudevents+json' };
    const answer = await this.request<EventsAnswer>('POST', '/v1/events', { specversion: '1.0', ...event }, headers);
    const [result] = answer.body.results ?? [];
    if (answer.status !== 202 || result === undefined)
      throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
    return result;
  }

  /** Starts it, waits for its end, and shows it. */
  async run(workflow: string, input: unknown = {}, withinMs = RESTS_WITHIN_MS): Promise<RunView> {
    return this.ended(await this.startRun(workflow, input), withinMs);
  }

  async show(run: string): Promise<RunView> {
    const answer = await this.request<RunView>('GET', `/v1/runs/${run}`);
    if (answer.status !== 200) throw new Error(`run ${run}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async ended(run: string, withinMs = RESTS_WITHIN_MS): Promise<RunView> {
    await this.orTell(
      eventually(
        async () => {
          const [row] = await this.database.query<{ ended: boolean }>(
            `select ended_at is not null as ended from reprise.run where id = $1`,
            [run],
          );
          return row?.ended === true;
        },
        { what: `run ${run} ends`, timeoutMs: withinMs },
      ),
    );
    return this.show(run);
  }

  /** Waits until a task of a run is as described. */
  async taskIs(
    run: string,
    path: string,
    statuses: readonly string[],
    withinMs = RESTS_WITHIN_MS,
  ): Promise<RunView['tasks'][number]> {
    return this.orTell(
      eventually(
        async () => {
          const task = (await this.show(run)).tasks.find((each) => each.path === path);
          return task !== undefined && statuses.includes(task.status) && task;
        },
        { what: `${path} of run ${run} is ${statuses.join(' or ')}`, timeoutMs: withinMs },
      ),
    );
  }

  /** Says what the services said, when a wait was in vain. */
  async orTell<Value>(waiting: Promise<Value>): Promise<Value> {
    try {
      return await waiting;
    } catch (error) {
      const tails = [...this.services.values()].flat().map((service) => service.tail());
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${tails.join('\n')}`, { cause: error });
    }
  }

  /** To be done when all of it ends. */
  onEnd(work: () => unknown): void {
    this.endings.push(work);
  }

  async end(): Promise<void> {
    await endAll(
      ...this.endings.map((work) => [work]),
      [...this.services.values()].flat().map((service) => () => service.stop()),
      [async () => this.broker.end(await this.taskQueues())],
      [() => this.database.end(), () => this.recorder.end()],
    );
  }

  private async taskQueues(): Promise<readonly string[]> {
    const rows = await this.database.query<{ queue: string }>(`select distinct queue from reprise.task where queue <> ''`);
    return [...new Set(['default', ...rows.map(({ queue }) => readLaneKey(queue).queue)])];
  }
}
