import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Injectable, Module, type OnApplicationShutdown, Scope } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, NestFactory } from '@nestjs/core';
import { BatchConsumer, BrokerConnection, type Delivery, Publisher } from '@reprise/broker';
import { type AttemptTicket, decodeInbox, encodeAttempts, type InboxItem, SHARDS } from '@reprise/contracts';
import type { Json } from '@reprise/core';
import { RunViews } from '@reprise/ledger';
import { silentLogger } from '@reprise/service';
import { eventually, registerWorkflow, startRuns, TestBroker, TestDatabase } from '@reprise/testing';
import type { Attempt } from './handlers/attempt.js';
import { discoverHandlers } from './handlers/discover-handlers.js';
import { Handler } from './handlers/handler.js';
import { TaskError } from './handlers/task-error.js';
import { RepriseExecutorModule } from './reprise-executor.module.js';

const broker = new TestBroker();
const ENVIRONMENT = [
  'DATABASE_URL',
  'REPRISE_PREFIX',
  'REPRISE_LOG_LEVEL',
  'REPRISE_WHEEL_LEVELS',
  'REPRISE_LEASE',
  'REPRISE_SECRET_BANK',
] as const;
const before = new Map(ENVIRONMENT.map((name) => [name, process.env[name]]));
let db: TestDatabase;
let connection: BrokerConnection;
let publisher: Publisher;

@Injectable()
class Rates {
  open = true;
  readonly perCent = 2;
  onApplicationShutdown(): void {
    this.open = false;
  }
}

let letGo: () => void = () => undefined;
const events: string[] = [];

class Shop {
  @Handler('shop.inherited')
  inherited(): string {
    return `inherited by ${this.constructor.name}`;
  }

  @Handler('shop.overridden')
  overridden(): string {
    return 'never';
  }
}

@Injectable()
class Payments extends Shop implements OnApplicationShutdown {
  constructor(private readonly rates: Rates) {
    super();
  }

  @Handler('shop.pay', { timeout: '10s' })
  pay(input: { amount: number; key: string }, attempt: Attempt): object {
    return { fee: (input.amount * this.rates.perCent) / 100, key: input.key, number: attempt.number };
  }

  @Handler('shop.decline', { retry: { maximumLost: 2 } })
  async decline(): Promise<never> {
    throw new TaskError('CARD_DECLINED', 'no', { retryable: false });
  }

  @Handler('shop.slow')
  async slow(_input: object, attempt: Attempt): Promise<string> {
    events.push('begun');
    attempt.heartbeat({ done: 3, of: 10 });
    await new Promise<void>((resolve) => {
      letGo = resolve;
    });
    return this.rates.open ? 'while it was open' : 'too late';
  }

  override overridden(): string {
    return 'not a handler any more';
  }

  onApplicationShutdown(): void {
    events.push('shut down');
  }
}

@Module({ imports: [RepriseExecutorModule.forRoot({ queue: 'shop', concurrency: 5 })], providers: [Rates, Payments] })
class Application {}

beforeAll(async () => {
  db = await TestDatabase.create();
  const settings = {
    DATABASE_URL: db.url,
    REPRISE_PREFIX: broker.prefix,
    REPRISE_LOG_LEVEL: 'error',
    REPRISE_WHEEL_LEVELS: '1',
    REPRISE_LEASE: '9s',
    REPRISE_SECRET_BANK: 'very-secret',
  };
  Object.assign(process.env, settings);
  const topology = { prefix: broker.prefix, queueType: 'quorum', wheelLevels: 1 } as const;
  connection = new BrokerConnection({ url: broker.url, topology, logger: silentLogger });
  await connection.start();
  publisher = new Publisher(connection, { logger: silentLogger });
  await listen();
});
afterAll(async () => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await Promise.all(listeners.map((listener) => listener.stop()));
  await publisher.close();
  await connection.close();
  await broker.end(['shop']);
  await db.end();
});

async function send(call: string, input: Json = { amount: 0 }): Promise<AttemptTicket> {
  const document = `workflow: w-${call.replace('.', '-')}\ntasks: { a: { call: ${call}, queue: shop, with: { amount: "\${{ input.amount }}", key: "\${{ secrets.BANK }}" } } }`;
  const [started] = await startRuns(db.database, await registerWorkflow(db.database, document), [input]);
  const [ticket] = started?.tickets ?? [];
  if (ticket === undefined) throw new Error('nothing to do');
  const message = { exchange: broker.names.attempts, routingKey: 'shop', body: encodeAttempts([ticket]) };
  expect(await publisher.publish([message])).toEqual([{ kind: 'confirmed' }]);
  return ticket;
}

const heard: InboxItem[] = [];
const listeners: BatchConsumer[] = [];

/** In the scheduler's place. */
async function listen(): Promise<void> {
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const onBatch = async (deliveries: readonly Delivery[]): Promise<void> => {
      for (const { body } of deliveries) {
        const decoded = decodeInbox(body);
        if (decoded.kind === 'ok') heard.push(...decoded.value);
      }
    };
    const options = { queue: broker.names.inboxQueue(shard), prefetch: 10, maxBatch: 10, logger: silentLogger, onBatch };
    listeners.push(new BatchConsumer(connection, options));
  }
  await Promise.all(listeners.map((listener) => listener.start()));
}

const outcomeOf = ({ run }: AttemptTicket): Promise<InboxItem> =>
  eventually(
    () => {
      const found = heard.find((item) => item.run === run);
      if (found === undefined) throw new Error('not yet');
      return found;
    },
    { what: 'an outcome' },
  );

test('an application’s handlers run attempts from their queue to their outcome, and close() waits for those at work', async () => {
  const app = await NestFactory.createApplicationContext(Application, { logger: false });
  try {
    const paid = await send('shop.pay', { amount: 50 });
    const declined = await send('shop.decline');
    const inherited = await send('shop.inherited');
    const overridden = await send('shop.overridden');
    const slow = await send('shop.slow');
    expect(await outcomeOf(paid)).toMatchObject({
      kind: 'outcome',
      fence: paid.fence + 1,
      outcome: { kind: 'succeeded', output: '{"fee":1,"key":"***","number":1}' },
    });
    expect(await outcomeOf(declined)).toMatchObject({
      outcome: { kind: 'failed', error: { code: 'CARD_DECLINED' }, retryable: false },
    });
    expect(await outcomeOf(inherited)).toMatchObject({ outcome: { output: '"inherited by Payments"' } });
    expect(await outcomeOf(overridden)).toMatchObject({ kind: 'hold', reason: 'NO_HANDLER' });
    const [member] = await db.query<{ handlers: string[]; retries: object }>(
      `select info->'handlers' as handlers, info->'retries' as retries from reprise.member where service = 'executor'`,
    );
    expect(member?.handlers).toEqual(['shop.decline', 'shop.inherited', 'shop.pay', 'shop.slow']);
    expect(member?.retries).toEqual({ 'shop.decline': { maximumLost: 2 } });
    await eventually(() => events.includes('begun'), { what: 'the slow handler at work' });
    const said = await eventually(
      async () => (await new RunViews(db.database).task(slow.run, 'a'))?.attempts.at(-1)?.heartbeat ?? false,
      { what: 'the heartbeat in the row, written with the lease' },
    );
    expect(said).toMatchObject({ progress: { done: 3, of: 10 } });
    const closing = app.close();
    const late = await send('shop.pay', { amount: 1 });
    expect(events).toEqual(['begun']);
    letGo();
    await closing;
    expect(await outcomeOf(slow)).toMatchObject({ outcome: { kind: 'succeeded', output: '"while it was open"' } });
    expect(events).toEqual(['begun', 'shut down']);
    const rows = await db.query<{ run_id: string; recorded: string | null; status: string }>(
      'select run_id, recorded::text as recorded, status from reprise.task where run_id = any($1::uuid[])',
      [[slow.run, late.run]],
    );
    // Nobody has acted on it yet, so it is in the row as well: a lost message would not run it again.
    expect(rows.find((row) => row.run_id === slow.run)?.recorded).toContain('while it was open');
    expect(await db.query('select id from reprise.member')).toEqual([]);
  } finally {
    letGo();
    await app.close();
  }
});

const discover = async (module: object): Promise<readonly string[]> => {
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    return discoverHandlers(app.get(DiscoveryService)).map(({ name }) => name);
  } finally {
    await app.close();
  }
};

test('an alias of a provider is not a second handler', async () => {
  class Aliased {}
  const providers = [
    Rates,
    Payments,
    { provide: 'alias', useExisting: Payments },
    { provide: 'value', useValue: Object.create(null) },
  ];
  const found = await discover({ module: Aliased, imports: [DiscoveryModule], providers });
  expect([...found].sort()).toEqual(['shop.decline', 'shop.inherited', 'shop.pay', 'shop.slow']);
});

test('handlers of a request-scoped provider are a boot error: there is no request', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class PerRequest {
    @Handler('shop.per-request')
    work(): number {
      return 1;
    }
  }
  class Scoped {}
  await expect(discover({ module: Scoped, imports: [DiscoveryModule], providers: [PerRequest] })).rejects.toThrow(
    /"shop\.per-request".*PerRequest.*request-scoped/,
  );
});
