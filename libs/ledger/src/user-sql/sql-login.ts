import { Client, type ClientConfig } from 'pg';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { UserSqlError } from './user-sql-error.js';

interface Login {
  readonly user: string;
  readonly password: string;
}

type Setting = {
  readonly value: { readonly kind: string; readonly user?: string; readonly password?: string; readonly reason?: string };
};

const NO_LOGIN =
  'the ledger has no login for users’ SQL. Let the role of DATABASE_URL create roles and call `select reprise.ensure_sql_login()`, or set REPRISE_SQL_URL';

/** A dead process must not keep rows locked, and what a role has set for itself must not decide what comes out. */
const SESSION_OPTIONS = [
  'idle_in_transaction_session_timeout=15000',
  'client_connection_check_interval=1000',
  'search_path=public',
  'TimeZone=UTC',
  'DateStyle=ISO',
  'IntervalStyle=iso_8601',
  'bytea_output=hex',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** How to log in for users' SQL: as the role the migration made, or as `sqlUrl` says. */
export class SqlLogin {
  private login: Login | null = null;

  constructor(
    private readonly database: Database,
    private readonly databaseUrl: string,
    private readonly sqlUrl: string | null,
  ) {}

  async config(): Promise<ClientConfig> {
    if (this.sqlUrl !== null) return { connectionString: this.sqlUrl, ...COMMON };
    this.login ??= loginOf(await this.database.run<Setting>(statement('sql-login'), []));
    // Parsed by the driver itself, as it takes more forms of URL than the web's.
    const { host, port, database, ssl } = new Client({ connectionString: this.databaseUrl });
    return { host, port, ssl, ...(database === undefined ? {} : { database }), ...this.login, ...COMMON };
  }

  /** After a refused login: a new password, unless another executor has already seen to it. False: nothing to be done from here. */
  async renew(refused: ClientConfig): Promise<boolean> {
    if (this.sqlUrl !== null) return false;
    this.login = await this.database.transaction(async (session) => {
      const current = await session.run<Setting>(statement('lock-sql-login'), []);
      if (current[0]?.value.password === refused.password) await session.run(statement('renew-sql-login'), []);
      return loginOf(await session.run<Setting>(statement('sql-login'), []));
    });
    return true;
  }
}

const COMMON = {
  application_name: 'reprise sql',
  connectionTimeoutMillis: 5_000,
  keepAlive: true,
  options: SESSION_OPTIONS,
} satisfies ClientConfig;

function loginOf(rows: readonly Setting[]): Login {
  const { kind, user, password, reason } = rows[0]?.value ?? { kind: 'missing' };
  if (kind !== 'ready' || user === undefined || password === undefined) {
    throw new UserSqlError('LOGIN', reason === undefined ? NO_LOGIN : `${NO_LOGIN} (${reason})`);
  }
  return { user, password };
}

/** Refuses a login that could read or forge what the ledger holds. */
export async function checkLogin(client: Client): Promise<void> {
  const { text } = statement('check-sql-login');
  const { rows } = await client.query<{ too_strong: boolean }>(text).catch((cause: unknown) => {
    throw new UserSqlError('LOGIN', 'the login for users’ SQL lacks usage of the schema reprise', cause);
  });
  if (rows[0]?.too_strong !== false) {
    throw new UserSqlError(
      'LOGIN',
      'the login for users’ SQL can read or write Reprise’s own tables: give it a role without such rights',
    );
  }
}
