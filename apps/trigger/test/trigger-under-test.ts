import { BrokerConnection, type OutgoingMessage, Publisher } from '@reprise/broker';
import {
  createServiceContext,
  Metrics,
  type RunningService,
  readSettings,
  type ServiceContext,
  silentLogger,
} from '@reprise/service';
import { registerWorkflow, TestBroker, TestDatabase } from '@reprise/testing';
import { startTrigger } from '../src/trigger.module.js';

interface Parts {
  readonly db: TestDatabase;
  readonly connection: BrokerConnection;
  readonly publisher: Publisher;
  readonly trigger: RunningService;
  readonly context: ServiceContext;
}

/** A trigger as it runs, on a ledger with the workflow `orders`, and a sender of messages beside it. */
export class TriggerUnderTest {
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
    await registerWorkflow(
      db.database,
      'workflow: orders\ninput: { type: object, properties: { id: { type: string } } }\non: [{ event: order.* }]\ntasks: { a: { call: shop.pay } }',
    );
    const environment = {
      DATABASE_URL: db.url,
      AMQP_URL: this.broker.url,
      REPRISE_PREFIX: this.broker.prefix,
      REPRISE_WHEEL_LEVELS: '1',
      REPRISE_PORT: '0',
      REPRISE_DATABASE_POOL: '4',
    };
    const metrics = new Metrics({ service: 'trigger', nodeDefaults: false });
    const context = createServiceContext('trigger', readSettings(environment, 'trigger'), { logger: silentLogger, metrics });
    const trigger = await startTrigger(context);
    const topology = { prefix: this.broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
    const connection = new BrokerConnection({ url: this.broker.url, topology, logger: silentLogger });
    await connection.start();
    await connection.ensureTaskQueue('default');
    this.own = { db, connection, publisher: new Publisher(connection, { logger: silentLogger }), trigger, context };
  };

  end = async (): Promise<void> => {
    await this.own?.publisher.close();
    await this.own?.connection.close();
    const report = await this.own?.trigger.close();
    await this.broker.end(['default']);
    await this.own?.db.end();
    if (report?.clean !== true) throw new Error(`it did not stop cleanly: ${JSON.stringify(report)}`);
  };

  post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${this.parts.trigger.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Record<string, never> };
  };

  publish = async (routingKey: string, body: unknown, fields: Partial<OutgoingMessage> = {}): Promise<void> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const message = { exchange: this.broker.names.events, routingKey, body: text, ...fields };
    const outcomes = await this.parts.publisher.publish([message]);
    if (outcomes[0]?.kind !== 'confirmed') throw new Error(`not confirmed: ${JSON.stringify(outcomes)}`);
  };

  /** By their input. */
  runs = (input: string) =>
    this.db.query<{ id: string; trigger: string; key: string }>(
      'select id, trigger, key from reprise.run where input::text = $1',
      [input],
    );

  /** Dead letters with this in their body. */
  letters = (text: string) =>
    this.db.query<{ reason: string; queue: string }>(
      `select reason, queue from reprise.dead_letter where convert_from(body, 'UTF8') like $1`,
      [`%${text}%`],
    );
}
