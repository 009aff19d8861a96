export interface DatabaseReached {
  readonly kind: 'reached';
  /** Postgres' `server_version_num`: 150013. */
  readonly version: number;
  /** Of `pg_settings`, as the server has them for others than this session. */
  readonly settings: Readonly<Record<string, string>>;
  /** A hot standby, or `default_transaction_read_only`. */
  readonly readOnly: { readonly recovery: boolean; readonly setting: boolean };
  /** Session settings we ask for when connecting and do not have: a pooler has dropped them. */
  readonly droppedSettings: readonly string[];
  /** Two sessions of ours were given the same server process. */
  readonly transactionPooling: boolean;
  /** What other logins do is hidden from this one. */
  readonly activityHidden: boolean;
  readonly connections: { readonly used: number; readonly most: number; readonly poolSize: number };
  readonly pendingMigrations: readonly string[];
  /** Applied by a newer build than the one that looks. */
  readonly unknownMigrations: readonly string[];
  readonly missingIndexes: readonly { readonly name: string; readonly table: string; readonly statement: string }[];
  readonly invalidIndexes: readonly { readonly name: string; readonly table: string }[];
  readonly tables: readonly { readonly name: string; readonly live: number; readonly dead: number }[];
  readonly partitions: readonly { readonly table: string; readonly weeksAhead: number; readonly strayRows: boolean }[];
  readonly transactions: readonly {
    readonly pid: number;
    readonly user: string;
    readonly application: string;
    readonly state: string;
    readonly ageMs: number;
  }[];
  /** Prepared and forgotten: they hold back vacuum for ever. */
  readonly prepared: readonly { readonly name: string; readonly ageMs: number }[];
  readonly slots: readonly {
    readonly name: string;
    readonly active: boolean;
    readonly retainedBytes: number;
    readonly lost: boolean;
  }[];
  /** Transactions since the oldest row that is not frozen. */
  readonly xidAge: number;
  /** The database's clock minus this machine's; how far that can be wrong: half the way there and back. */
  readonly clock: { readonly offsetMs: number; readonly errorMs: number };
}

export type DatabaseFacts = DatabaseReached | { readonly kind: 'unreachable'; readonly reason: string };
