import { BrokerConnection, type Delivery } from '@reprise/broker';
import { type AttemptTicket, decodeInbox, type GrantedAttempt, type InboxItem } from '@reprise/contracts';
import type { Json } from '@reprise/core';
import { createServiceContext, Metrics, readSettings, silentLogger, systemClock } from '@reprise/service';
import { TestBroker } from '@reprise/testing';
import { AnswerRequests } from '../src/gate/answer-requests.js';
import { SchedulerUnderTest } from './scheduler-under-test.js';

export const ONE = 'workflow: one\ntasks: { a: { call: shop.a, with: "${{ input }}", timeout: 10s } }';
const SHARDS = ['0', '1', '2', '3', '4', '5', '6', '7'];

// biome-ignore lint/suspicious/noExplicitAny: what is answered is looked at by the expectations that follow.
export type Answer = any;

export const claimOf = (ticket: AttemptTicket, claim = systemClock.uuid()) => ({
  kind: 'claim',
  worker: 'py-1',
  claim,
  attempts: [ticket],
});
export const held = ({ run, node, at, fence, claim }: GrantedAttempt) => ({ run, node, at, fence, claim });
export const outcome = (grant: GrantedAttempt, outcome: unknown) => ({
  kind: 'outcome',
  ...held(grant),
  version: grant.version,
  outcome,
});

interface Parts {
  readonly scheduler: SchedulerUnderTest;
  readonly connection: BrokerConnection;
  readonly gate: AnswerRequests;
}

/** The gate on a real broker; the test is the workers behind it, and hears what inboxes are told. */
export class GateUnderTest {
  readonly broker = new TestBroker();
  readonly replies = `${this.broker.prefix}-worker`;
  /** Reasons, of this test's requests. */
  buried: string[] = [];
  private readonly heard = `${this.broker.prefix}-heard`;
  private readonly metrics = new Metrics({ service: 'scheduler', nodeDefaults: false });
  private own: Parts | null = null;

  get parts(): Parts {
    if (this.own === null) throw new Error('not begun yet');
    return this.own;
  }

  get scheduler(): SchedulerUnderTest {
    return this.parts.scheduler;
  }

  begin = async (): Promise<void> => {
    const scheduler = await SchedulerUnderTest.create();
    const topology = { prefix: this.broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
    const connection = new BrokerConnection({ url: this.broker.url, topology, logger: silentLogger });
    await connection.start();
    const settings = readSettings({ DATABASE_URL: scheduler.db.url, REPRISE_MAX_OUTPUT_BYTES: '1000' }, 'scheduler');
    const context = createServiceContext('scheduler', settings, { logger: silentLogger, metrics: this.metrics });
    const bury = async (_delivery: Delivery, reason: string) => void this.buried.push(reason);
    const gate = new AnswerRequests(context, scheduler.db.database, connection, bury);
    await this.broker.channel(async (channel) => {
      await channel.assertQueue(this.replies);
      await channel.assertQueue(this.heard);
      for (const shard of SHARDS) await channel.bindQueue(this.heard, this.broker.names.inbox, shard);
    });
    this.own = { scheduler, connection, gate };
  };

  beginTest = (): void => {
    this.buried = [];
  };

  end = async (): Promise<void> => {
    await this.own?.gate.close();
    await this.own?.connection.close();
    await this.broker.channel(async (channel) => {
      await channel.deleteQueue(this.replies);
      await channel.deleteQueue(this.heard);
    });
    await this.broker.end(['default', 'py']);
    await this.own?.scheduler.end();
  };

  carrying = (request: unknown, replyTo: string = this.replies, redelivered = false): Delivery => {
    const properties = {
      messageId: undefined,
      type: undefined,
      contentType: undefined,
      contentEncoding: undefined,
      appId: undefined,
      correlationId: 'q-1',
      replyTo,
      timestamp: undefined,
      headers: {},
    };
    return { body: Buffer.from(JSON.stringify(request)), exchange: '', routingKey: 'gate', redelivered, properties };
  };

  ask = async (...requests: readonly object[]): Promise<readonly Answer[]> => {
    await this.parts.gate.answer(requests.map((request) => this.carrying({ v: 1, ...request })));
    return (await this.broker.take(this.replies)).map((body) => JSON.parse(body.toString()));
  };

  /** What inboxes have been told since this was asked last. */
  told = async (): Promise<readonly InboxItem[]> =>
    (await this.broker.take(this.heard)).flatMap((body) => {
      const decoded = decodeInbox(body);
      return decoded.kind === 'ok' ? decoded.value : [];
    });

  ticketOf = async (document: string, input: Json = {}): Promise<AttemptTicket> => {
    const { tickets } = await this.scheduler.start(document, input);
    if (tickets[0] === undefined) throw new Error('no ticket');
    return tickets[0];
  };

  granted = async (ticket: AttemptTicket, claim?: string): Promise<GrantedAttempt> => {
    const [{ attempts }] = await this.ask(claimOf(ticket, claim));
    if (attempts.length !== 1 || attempts[0].kind !== 'granted') throw new Error(`not granted: ${JSON.stringify(attempts)}`);
    return attempts[0];
  };

  row = async ({ run }: Pick<AttemptTicket, 'run'>): Promise<Answer> => {
    const [task] = await this.scheduler.db.query('select *, lease_until > now() as leased from reprise.task where run_id = $1', [
      run,
    ]);
    return task;
  };

  /** Outcomes that came too late, as they are counted. */
  rejected = async (): Promise<number> =>
    Number(/^reprise_stale_writes_rejected_total(?:\{.*\})? (\d+)/m.exec(await this.metrics.metricsText())?.[1] ?? 0);
}
