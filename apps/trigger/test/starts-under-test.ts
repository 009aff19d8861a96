import { type ChildStart, decodeInbox, type InboxItem, names, type Outgoing } from '@reprise/contracts';
import { type Json, type RunId, runId } from '@reprise/core';
import { DatabaseClock, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { registerWorkflow, startRuns, TestDatabase } from '@reprise/testing';
import { ActiveWorkflows } from '../src/definitions/active-workflows.js';
import { PlanChildren } from '../src/starts/plan-child.js';
import { PlanReruns } from '../src/starts/plan-rerun.js';
import { PlanStarts } from '../src/starts/plan-starts.js';
import type { StartAnswer, StartRequest } from '../src/starts/start-request.js';
import { StartRuns } from '../src/starts/start-runs.js';

/** Several triggers on one ledger; the test is their broker. */
export class StartsUnderTest implements AsyncDisposable {
  readonly names = names('nowhere');
  readonly told: Outgoing[] = [];
  readonly triggers: readonly StartRuns[];

  private constructor(
    readonly db: TestDatabase,
    clock: DatabaseClock,
    count: number,
    environment: Readonly<Record<string, string>>,
  ) {
    this.triggers = Array.from({ length: count }, () => this.trigger(clock, environment));
  }

  /** `monotonicMs`: one that stands still makes for triggers that have heard of no time since they last asked. */
  static async create(
    count = 1,
    environment: Readonly<Record<string, string>> = {},
    monotonicMs: () => number = systemClock.monotonicMs,
  ): Promise<StartsUnderTest> {
    const db = await TestDatabase.create(8);
    const clock = new DatabaseClock(db.database, monotonicMs);
    await clock.sample();
    return new StartsUnderTest(db, clock, count, environment);
  }

  async register(...documents: readonly string[]): Promise<void> {
    for (const document of documents) await registerWorkflow(this.db.database, document);
  }

  async start(requests: readonly StartRequest[], trigger = 0): Promise<readonly StartAnswer[]> {
    const started = await this.triggers[trigger]?.start(requests);
    await started?.told;
    return started?.answers ?? [];
  }

  /** By name, one after the other in one batch. */
  async startByName(workflow: string, inputs: readonly Json[], trigger = 0): Promise<readonly RunId[]> {
    const answers = await this.start(
      inputs.map((input) => ({ kind: 'start', workflow, version: null, input, labels: {}, key: null, via: 'http' })),
      trigger,
    );
    return answers.map((answer) => {
      if (!('run' in answer)) throw new Error(JSON.stringify(answer));
      return answer.run;
    });
  }

  /** A run whose tasks wait for children, and what asks for those. */
  async parent(document: string, input: Json = {}): Promise<{ readonly run: RunId; readonly asked: readonly ChildStart[] }> {
    const registered = await registerWorkflow(this.db.database, document);
    const [started] = await startRuns(this.db.database, registered, [input]);
    if (started === undefined) throw new Error('nothing was started');
    const { run } = started;
    const rows = await this.db.query<{ node: number; at: string; fence: string }>(
      `select node, at, fence from reprise.task where run_id = $1 and progress ->> 'kind' = 'child' order by node, at`,
      [run],
    );
    const asked = rows.map(({ node, at, fence }) => ({
      run,
      version: registered.version,
      node,
      at,
      fence: Number(fence) as ChildStart['fence'],
    }));
    return { run, asked };
  }

  async ask(children: readonly ChildStart[], { trigger = 0, redelivered = false } = {}): Promise<void> {
    await this.start(
      children.map((child) => ({ kind: 'child', child, redelivered })),
      trigger,
    );
  }

  /** What inboxes were told, in order. */
  get inbox(): readonly InboxItem[] {
    return this.told.flatMap(({ exchange, body }) => {
      const decoded = exchange === this.names.inbox ? decodeInbox(Buffer.from(body)) : null;
      return decoded?.kind === 'ok' ? decoded.value : [];
    });
  }

  /** What tasks were told that no run could be started for. */
  get refusals(): readonly { readonly code: string; readonly message: string }[] {
    return this.inbox.flatMap((item) => (item.kind === 'refused' ? [item.error] : []));
  }

  async runs<Row>(columns: string, workflow: string): Promise<readonly Row[]> {
    return this.db.query<Row>(`select ${columns} from reprise.run where workflow = $1 order by created_at, id`, [workflow]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.end();
  }

  private trigger(databaseClock: DatabaseClock, environment: Readonly<Record<string, string>>): StartRuns {
    const { database, url } = this.db;
    const store = new WorkflowStore(database);
    const freshRunId = () => runId(systemClock.uuidv7());
    const settings = readSettings({ ...environment, DATABASE_URL: url }, 'trigger');
    const planner = new PlanStarts(store, freshRunId, settings.limits.maxInputBytes);
    const versions = new WorkflowCache(store);
    return new StartRuns({
      database,
      databaseClock,
      active: new ActiveWorkflows(store),
      planner,
      children: new PlanChildren(database, versions, planner),
      reruns: new PlanReruns(versions, planner, freshRunId),
      publisher: {
        publish: async (outgoing) => {
          this.told.push(...outgoing);
          return [];
        },
      },
      names: this.names,
      clock: systemClock,
      settings,
      metrics: new Metrics({ service: 'trigger', nodeDefaults: false }),
      logger: silentLogger,
      tracing: null,
    });
  }
}
