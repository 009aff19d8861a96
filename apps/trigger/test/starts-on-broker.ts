import { BrokerConnection, Publisher, PublishOutgoing } from '@reprise/broker';
import { type Json, runId } from '@reprise/core';
import { DatabaseClock, WorkflowCache, WorkflowStore } from '@reprise/ledger';
import { Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { ActiveWorkflows } from '../src/definitions/active-workflows.js';
import type { TriggerEvent } from '../src/events/trigger-event.js';
import { PlanChildren } from '../src/starts/plan-child.js';
import { PlanReruns } from '../src/starts/plan-rerun.js';
import { PlanStarts } from '../src/starts/plan-starts.js';
import type { StartAnswer, StartRequest } from '../src/starts/start-request.js';
import { StartRuns } from '../src/starts/start-runs.js';

const DOCUMENTS = [
  'workflow: plain\ntasks: { a: { call: shop.pay } }',
  'workflow: strict\ninput: { type: object, required: [id], properties: { id: { type: string } } }\non: [{ event: strict.* }]\ntasks: { a: { call: shop.pay } }',
  'workflow: keyed\non: [{ event: keyed.*, key: "${{ event.data.key }}", if: "!has(event.data.skip)" }]\ntasks: { a: { call: shop.pay } }',
  'workflow: also\non: [{ event: "keyed.#" }]\ntasks: { a: { transform: 1 } }',
];

let last = 0;
export const newId = (): string => `id-${++last}`;

export const event = (type: string, data: Json, fields: Partial<TriggerEvent> = {}, redelivered = false): StartRequest => ({
  kind: 'event',
  event: { source: 'shop', id: newId(), type, subject: null, time: null, data, extensions: {}, anonymous: false, ...fields },
  redelivered,
  via: 'amqp',
});

export const start = (
  workflow: string,
  input: Json = {},
  fields: Partial<Extract<StartRequest, { kind: 'start' }>> = {},
): StartRequest => ({
  kind: 'start',
  workflow,
  version: null,
  input,
  labels: {},
  key: null,
  via: 'http',
  ...fields,
});

export const runsOf = (given: StartAnswer): readonly string[] => {
  if (given.kind === 'event') return given.results.flatMap((result) => ('run' in result ? [result.run] : []));
  return 'run' in given ? [given.run] : [];
};

interface Parts {
  readonly db: TestDatabase;
  readonly connection: BrokerConnection;
  readonly publisher: Publisher;
  readonly active: ActiveWorkflows;
  readonly starts: StartRuns;
}

/** What starts runs in a trigger, on a ledger and a broker of the test's own. */
export class StartsOnBroker {
  readonly broker = new TestBroker();
  private own: Parts | null = null;

  get parts(): Parts {
    if (this.own === null) throw new Error('not begun yet');
    return this.own;
  }

  get db(): TestDatabase {
    return this.parts.db;
  }

  begin = async (): Promise<void> => {
    const db = await TestDatabase.create();
    const topology = { prefix: this.broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
    const connection = new BrokerConnection({ url: this.broker.url, topology, logger: silentLogger });
    await connection.start();
    await connection.ensureTaskQueue('default');
    const publisher = new Publisher(connection, { logger: silentLogger });
    const store = new WorkflowStore(db.database);
    const databaseClock = new DatabaseClock(db.database, () => systemClock.monotonicMs());
    await databaseClock.sample();
    const active = new ActiveWorkflows(store);
    const freshRunId = () => runId(systemClock.uuidv7());
    const planner = new PlanStarts(store, freshRunId, 1_048_576);
    const versions = new WorkflowCache(store);
    const starts = new StartRuns({
      database: db.database,
      databaseClock,
      active,
      planner,
      children: new PlanChildren(db.database, versions, planner),
      reruns: new PlanReruns(versions, planner, freshRunId),
      publisher: new PublishOutgoing(publisher, connection.names, silentLogger),
      names: connection.names,
      clock: systemClock,
      settings: readSettings({ DATABASE_URL: db.url }, 'trigger'),
      metrics: new Metrics({ service: 'trigger', nodeDefaults: false }),
      logger: silentLogger,
      tracing: null,
    });
    for (const document of DOCUMENTS) await registerWorkflow(db.database, document);
    this.own = { db, connection, publisher, active, starts };
  };

  end = async (): Promise<void> => {
    await this.own?.publisher.close();
    await this.own?.connection.close();
    await this.broker.end(['default']);
    await this.own?.db.end();
  };

  answers = async (...requests: readonly StartRequest[]): Promise<readonly StartAnswer[]> => {
    const started = await this.parts.starts.start(requests);
    await started.told;
    return started.answers;
  };

  answer = async (request: StartRequest): Promise<StartAnswer> => {
    const [only] = await this.answers(request);
    if (only === undefined) throw new Error('no answer');
    return only;
  };

  /** How many of these runs are in the ledger. */
  exists = async (runs: readonly string[]): Promise<number> =>
    (await this.db.query('select id from reprise.run where id = any($1::uuid[])', [runs])).length;
}
