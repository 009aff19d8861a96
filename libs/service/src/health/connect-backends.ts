import { errorCode } from '../error-code.js';
import type { Logger } from '../logging/logger.js';
import type { Metrics } from '../metrics/metrics.js';
import { explainDatabase } from './explain-database.js';
import type { Health } from './health.js';
import { showDependencies } from './show-dependencies.js';

/** The database as starting sees it. */
export interface DatabasePort {
  connect(): Promise<void>;
  ping(): Promise<void>;
}

/** The broker as starting sees it: it waits for itself and says so in the log. */
export interface BrokerPort {
  start(): Promise<void>;
  close(): Promise<void>;
  state(): { readonly kind: string; readonly reason?: string | undefined };
}

export interface Backends<Database extends DatabasePort> {
  readonly database: Database;
  readonly connection: BrokerPort;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Aborted when the service is told to stop while it waits. */
  readonly signal: AbortSignal;
  readonly migrate: (database: Database) => Promise<number>;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** Waits for Postgres and RabbitMQ, however long they take; `/readyz` and the metrics say which is missing, the log says why. Then migrates. */
export async function connectBackends<Database extends DatabasePort>(backends: Backends<Database>): Promise<void> {
  const { database, connection, health, metrics, logger, signal, migrate } = backends;
  let migrated = false;
  health.add({
    name: 'postgres',
    check: async () => {
      if (!migrated) return { ok: false, detail: 'not connected yet' };
      await database.ping();
      return { ok: true };
    },
  });
  health.add({
    name: 'rabbitmq',
    check: () => {
      const state = connection.state();
      return state.kind === 'connected' ? { ok: true } : { ok: false, detail: state.reason ?? state.kind };
    },
  });
  showDependencies({ health, metrics, broker: () => connection.state(), signal });
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new Error('stopped while waiting for the backends'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  const ready = Promise.all([
    untilConnected(logger, signal, async () => {
      await database.connect();
      if (signal.aborted) return;
      const applied = await migrate(database);
      migrated = true;
      if (applied > 0) logger.info({ migrations: applied }, 'the ledger is up to date');
    }),
    connection.start(),
  ]);
  await Promise.race([ready, stopped]);
}

async function untilConnected(logger: Logger, signal: AbortSignal, connect: () => Promise<void>): Promise<void> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      await connect();
      return;
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isAbsence(error)) throw explainDatabase(error) ?? error;
      logger.warn(
        { reason: error instanceof Error ? error.message : String(error), code: errorCode(error) },
        'waiting for Postgres',
      );
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** 55P03, 57014: another service holds the lock of the migrations for longer than one waits. 25006: a standby, until it is the primary. */
const ABSENT =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|57P0[123]|53300|55P03|57014|25006|08...)$/;

/** Not there yet, as opposed to there and refusing us (wrong password, no such database): that will not pass by waiting. */
function isAbsence(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== null && code !== undefined && ABSENT.test(code)) return true;
  return error instanceof Error && /connection terminated|timeout expired|timeout exceeded/i.test(error.message);
}
