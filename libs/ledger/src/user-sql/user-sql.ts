import { type ClientConfig, Pool, type PoolClient } from 'pg';
import { sendableValues } from './list-parameters.js';
import { type UserQueryLimits, type UserResult, userQuery } from './user-query.js';
import { UserSqlError } from './user-sql-error.js';

export interface UserSqlOptions {
  /** postgres:// URLs by name in lower case. */
  readonly connections: ReadonlyMap<string, string>;
  /** Connections to each database at most. Default 10. */
  readonly poolSize?: number;
}

interface OpenPool {
  readonly pool: Pool;
  readonly config: ClientConfig;
}

/** Users' own databases: one statement at a time, each a transaction of its own, on sessions that remember nothing. */
export class UserSql {
  private readonly pools = new Map<string, OpenPool>();

  constructor(private readonly options: UserSqlOptions) {}

  /** Names that can be asked for. */
  get names(): readonly string[] {
    return [...this.options.connections.keys()].sort();
  }

  /**
   * Runs one statement; `timeoutMs` holds at the server too, should this process die.
   * Throws UserSqlError, or what the driver says (a SQLSTATE or a network error under `code`).
   */
  async query(
    connection: string,
    text: string,
    values: readonly unknown[],
    limits: UserQueryLimits & { readonly timeoutMs: number },
  ): Promise<UserResult> {
    const { pool, config } = this.poolOf(connection);
    const client = await pool.connect();
    let reusable = false;
    try {
      const timeoutMs = Math.max(1, Math.min(Math.ceil(limits.timeoutMs), 2_147_483_647));
      await client.query(`set statement_timeout = ${timeoutMs}; set timezone = 'UTC'; set datestyle = 'ISO'`);
      const run = (statement: string) => userQuery(client, config, statement, [], limits);
      const result = await userQuery(client, config, text, await sendableValues(run, text, values), limits);
      reusable = true;
      return result;
    } catch (error) {
      reusable = client.getTransactionStatus() === 'I' && !(error instanceof UserSqlError);
      throw error;
    } finally {
      await giveBack(client, reusable);
    }
  }

  async close(): Promise<void> {
    const open = [...this.pools.values()];
    this.pools.clear();
    await Promise.all(open.map(({ pool }) => pool.end()));
  }

  private poolOf(connection: string): OpenPool {
    const name = connection.toLowerCase();
    const open = this.pools.get(name);
    if (open !== undefined) return open;
    const connectionString = this.options.connections.get(name);
    if (connectionString === undefined) throw new UserSqlError('UNKNOWN_CONNECTION', `there is no connection "${connection}"`);
    const config: ClientConfig = {
      connectionString,
      application_name: 'reprise sql',
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
    };
    const pool = new Pool({ ...config, max: this.options.poolSize ?? 10, allowExitOnIdle: true });
    surviveLostConnections(pool);
    const opened = { pool, config };
    this.pools.set(name, opened);
    return opened;
  }
}

/** A connection that breaks tells so by an event, in use or idle; without a listener that ends the process. Its next statement fails. */
export function surviveLostConnections(pool: Pool): void {
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
}

/** `set role`, temporary tables, `listen`, locks: none of it may meet the next user of the session. */
export async function giveBack(client: PoolClient, reusable: boolean): Promise<void> {
  const clean = reusable && (await client.query('discard all').then(isDone, isNotDone));
  client.release(!clean);
}

const isDone = (): boolean => true;
const isNotDone = (): boolean => false;
