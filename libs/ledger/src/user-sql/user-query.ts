import { Client, type ClientConfig, Query, type QueryResult } from 'pg';
import { transactionControl } from './transaction-control.js';
import { UserSqlError } from './user-sql-error.js';
import { parserWhile } from './user-values.js';

export interface UserResult {
  readonly rows: readonly Record<string, unknown>[];
  /** Rows returned or changed. */
  readonly rowCount: number;
}

export interface UserQueryLimits {
  readonly maximumRows: number;
  /** Text of all values together. */
  readonly maximumBytes: number;
  readonly signal?: AbortSignal | undefined;
}

const CANCEL_PATIENCE_MS = 2_000;

/**
 * One statement, always prepared, so that it can be only one. A result beyond the limits, or an aborted signal, cancels it at the
 * server; a server that does not answer to that loses its connection.
 */
export async function userQuery(
  client: Client,
  config: ClientConfig,
  text: string,
  values: readonly unknown[],
  limits: UserQueryLimits,
): Promise<UserResult> {
  const control = transactionControl(text);
  if (control !== null) {
    throw new UserSqlError('TRANSACTION_CONTROL', `\`${control}\` is not allowed: the transaction begins and ends by itself`);
  }
  const { signal } = limits;
  let stopped: UserSqlError | null = null;
  let hangUp: NodeJS.Timeout | undefined;
  let cancelling: Promise<void> | undefined;
  const stop = (reason: UserSqlError): void => {
    if (stopped !== null) return;
    stopped = reason;
    hangUp = setTimeout(() => client.connection.stream.destroy(), CANCEL_PATIENCE_MS);
    cancelling = cancelBackend(config, client);
  };
  const cancel = (): void => stop(new UserSqlError('CANCELLED', 'cancelled: the attempt was stopped'));
  if (signal?.aborted === true) throw new UserSqlError('CANCELLED', 'not run: the attempt was stopped');
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const result = await collect(client, text, values, limits, stop);
    if (stopped !== null) throw stopped;
    return result;
  } catch (error) {
    throw stopped ?? error;
  } finally {
    clearTimeout(hangUp);
    // Or it could hit the statement that comes next.
    await cancelling;
    signal?.removeEventListener('abort', cancel);
  }
}

function collect(
  client: Client,
  text: string,
  values: readonly unknown[],
  limits: UserQueryLimits,
  stop: (reason: UserSqlError) => void,
): Promise<UserResult> {
  const rows: Record<string, unknown>[] = [];
  let bytes = 0;
  const tooLarge = (what: string): void =>
    stop(new UserSqlError('TOO_LARGE', `the result is larger than ${what}: select less, or page by page`));
  const take = (length: number): boolean => {
    bytes += length;
    return bytes <= limits.maximumBytes;
  };
  const types = { getTypeParser: (oid: number) => parserWhile(oid, take) };
  return new Promise((resolve, reject) => {
    const query = new Query<Record<string, unknown>>({ text, values: [...values], types, ...EXTENDED });
    query.on('row', (row) => {
      if (rows.length < limits.maximumRows && bytes <= limits.maximumBytes) rows.push(row);
      else tooLarge(bytes > limits.maximumBytes ? `${limits.maximumBytes} bytes` : `${limits.maximumRows} rows`);
    });
    query.on('error', reject);
    query.on('end', (result: QueryResult) => resolve({ rows, rowCount: result.rowCount ?? rows.length }));
    client.query(query);
  });
}

/** Without it a statement without values goes as plain text, which may hold several. */
const EXTENDED = { queryMode: 'extended' };

/** As the same role, over a connection of its own. */
async function cancelBackend(config: ClientConfig, client: Client): Promise<void> {
  const pid: unknown = Reflect.get(client, 'processID');
  const other = new Client({ ...config, connectionTimeoutMillis: CANCEL_PATIENCE_MS });
  other.on('error', () => undefined);
  try {
    await other.connect();
    await other.query('select pg_catalog.pg_cancel_backend($1)', [pid]);
  } catch {
    // Its connection is cut after the patience is over.
  } finally {
    await other.end().catch(() => undefined);
  }
}
