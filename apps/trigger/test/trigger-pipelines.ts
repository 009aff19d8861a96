import { BrokerConnection } from '@reprise/broker';
import { instantText } from '@reprise/core';
import type { Database } from '@reprise/ledger';
import { createServiceContext, Metrics, readSettings, silentLogger } from '@reprise/service';
import { registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { TriggerPipeline } from '../src/pipeline/trigger-pipeline.js';

const DAY_MS = 86_400_000;

/** So seldom that no test lives to see it: what is due is what a test makes due. */
export const SELDOM = '300d';

/** The `back`th of these seldom instants before now. */
export const seldom = (back: number): number => (Math.floor(Date.now() / (300 * DAY_MS)) - back) * 300 * DAY_MS;

export interface ScheduledRun {
  readonly id: string;
  readonly input: unknown;
  readonly trigger: string;
  readonly scheduledFor: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Several triggers on one database, as they look at schedules all the time. */
export class TriggerPipelines {
  readonly metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
  private readonly running = new Set<TriggerPipeline>();

  private constructor(
    readonly db: TestDatabase,
    private readonly broker: TestBroker,
    private readonly connection: BrokerConnection,
  ) {}

  static async create(count: number): Promise<TriggerPipelines> {
    const db = await TestDatabase.create();
    const broker = new TestBroker();
    const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
    const connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
    await connection.start();
    await connection.ensureTaskQueue('default');
    const pipelines = new TriggerPipelines(db, broker, connection);
    for (let number = 0; number < count; number += 1) await pipelines.start();
    return pipelines;
  }

  /** `database`: another way to the same. */
  async start(database: Database = this.db.database): Promise<TriggerPipeline> {
    const environment = { DATABASE_URL: this.db.url, REPRISE_DATABASE_POOL: '4' };
    const settings = readSettings(environment, 'trigger');
    const context = createServiceContext('trigger', settings, { logger: silentLogger, metrics: this.metrics });
    const pipeline = new TriggerPipeline(context, database, this.connection);
    await pipeline.start();
    this.running.add(pipeline);
    return pipeline;
  }

  async stop(pipeline: TriggerPipeline): Promise<void> {
    this.running.delete(pipeline);
    await pipeline.stop();
  }

  async end(): Promise<void> {
    for (const pipeline of [...this.running]) await this.stop(pipeline);
    await this.connection.close();
    await this.broker.end(['default']);
    await this.db.end();
  }

  /** One workflow with one schedule `s`; fields as in a document. */
  async register(workflow: string, fields: string, rest = 'tasks: { a: { call: shop.pay } }'): Promise<void> {
    await this.registerText(`workflow: ${workflow}\non: [{ schedule: { id: s, ${fields} } }]\n${rest}`);
  }

  async registerText(document: string): Promise<void> {
    await registerWorkflow(this.db.database, document);
  }

  /** As if nobody had looked since then. */
  async makeDue(workflow: string, instant: number): Promise<void> {
    await this.db.query(
      `update reprise.schedule set next_instant = reprise.at_ms($2), due_at = reprise.at_ms($2) where workflow = $1`,
      [workflow, instant],
    );
    for (const pipeline of this.running) pipeline.schedules.poke();
  }

  async row(workflow: string): Promise<Readonly<Record<string, unknown>>> {
    const [row] = await this.db.query(
      `select reprise.ms(next_instant) as next, reprise.ms(previous) as previous, pending, missed::int, skipped::int
       from reprise.schedule where workflow = $1`,
      [workflow],
    );
    return row ?? {};
  }

  /** Oldest first. */
  async runs(workflow: string): Promise<readonly ScheduledRun[]> {
    const rows = await this.db.query<Omit<ScheduledRun, 'scheduledFor'> & { origin: { scheduledFor: number | null } | null }>(
      'select id, input::jsonb, trigger, labels, origin::jsonb from reprise.run where workflow = $1 order by created_at, id',
      [workflow],
    );
    return rows.map(({ origin, ...run }) => ({
      ...run,
      scheduledFor: origin?.scheduledFor == null ? null : instantText(origin.scheduledFor),
    }));
  }

  /** What the instants did, in their order. */
  async events(
    workflow: string,
  ): Promise<readonly { readonly id: string; readonly outcome: string; readonly reason: string | null }[]> {
    return this.db.query(
      `select id, outcome, results -> 0 ->> 'reason' as reason from reprise.trigger_event where source like $1 order by id`,
      [`%/${workflow}/%`],
    );
  }

  /** As the scheduler ends open probes of a poll; returns how many there were. */
  async endProbes(poll: string, output: unknown, error: { readonly code: string; readonly message: string } | null = null) {
    const ended = await this.db.query(
      `with ended as (
         update reprise.run set status = $2, output = $3, error = $4, ended_at = clock_timestamp(), watch_at = null
         where workflow = $1 and ended_at is null returning id, status, workflow, ended_at
       ), noted as (
         insert into reprise.completion (run_id, status, workflow, ended_at)
         select id, status, workflow, ended_at from ended where exists (select from reprise.follow where name = $1)
       )
       select id from ended`,
      [poll, error === null ? 'succeeded' : 'failed', JSON.stringify(output), error === null ? null : JSON.stringify(error)],
    );
    return ended.length;
  }

  /** Nobody executes anything here: a run ends when the test says so. */
  async endRuns(workflow: string): Promise<void> {
    await this.db.query(
      `update reprise.run set status = 'succeeded', ended_at = now(), watch_at = null where workflow = $1 and ended_at is null`,
      [workflow],
    );
  }
}
