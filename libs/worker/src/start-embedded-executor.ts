import { hostname } from 'node:os';
import { BrokerConnection } from '@reprise/broker';
import { Database, migrate, TransactionRunner } from '@reprise/ledger';
import { connectBackends, type ServiceContext } from '@reprise/service';
import { Executor } from './executor/executor.js';
import type { HandlerDefinition } from './handlers/handler.js';

export interface EmbeddedExecutorOptions {
  /** Made from the broker connection where a handler needs one. */
  readonly handlers: readonly HandlerDefinition[] | ((connection: BrokerConnection) => readonly HandlerDefinition[]);
  readonly queues: readonly string[];
  readonly concurrency: number;
}

export interface RunningExecutor {
  readonly id: string;
  /** Drains: see the executor's order of shutdown. */
  close(): Promise<void>;
}

/** An executor without a process of its own: connections, pools and the executor itself, drained together. */
export async function startEmbeddedExecutor(context: ServiceContext, options: EmbeddedExecutorOptions): Promise<RunningExecutor> {
  const { settings, logger, health, metrics, drain, clock } = context;
  const database = new Database({
    url: settings.databaseUrl,
    applicationName: 'reprise executor',
    poolSize: settings.databasePool,
  });
  const topology = { prefix: settings.prefix, queueType: settings.queueType, wheelLevels: settings.wheelLevels };
  const connection = new BrokerConnection({
    url: settings.amqpUrl,
    topology,
    migrateQueues: settings.migrateQueues === 'on',
    logger,
    name: 'reprise executor',
  });
  const id = `${hostname()}/${process.pid}/${clock.uuid().slice(0, 8)}`;
  const transactions = new TransactionRunner({
    database,
    databaseUrl: settings.databaseUrl,
    sqlUrl: settings.sqlUrl,
    poolSize: settings.databasePool,
  });
  await context.tracing?.start({ global: true });
  // Registered first: an executor that is stopped while it waits for its backends must let go of them too.
  drain.onDrain('close pools', 'broker', () => connection.close());
  drain.onDrain('close pools', 'transactions', () => transactions.close());
  drain.onDrain('close pools', 'database', () => database.close());
  await connectBackends({ database, connection, health, metrics, logger, signal: drain.signal, migrate });
  const made = typeof options.handlers === 'function' ? options.handlers(connection) : options.handlers;
  const handlers = made.filter((handler) => isAllowed(settings.handlers, handler.name));
  const { queues, concurrency } = options;
  if (handlers.length === 0) logger.warn({ queues }, nothingToDo(made));
  const executor = new Executor({ context, database, connection, transactions, id, handlers, queues, concurrency });
  await executor.start();
  logger.info({ executor: id, queues: options.queues, concurrency: options.concurrency }, 'takes attempts');
  return { id, close: async () => void (await drain.run()) };
}

/** `REPRISE_HANDLERS`: names, or a front of one with `*`; null allows all. */
export function isAllowed(allow: readonly string[] | null, name: string): boolean {
  if (allow === null) return true;
  return allow.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}

/** Every attempt it takes goes back to its queue uncounted: worth a warning, not an end, as a new process may bring its handlers later. */
function nothingToDo(made: readonly HandlerDefinition[]): string {
  if (made.length === 0) return 'this executor has no handler: no provider has a method with @Handler, so it can run nothing';
  const names = made.map(({ name }) => name).join(', ');
  return `this executor has no handler: REPRISE_HANDLERS leaves out all it has (${names})`;
}
