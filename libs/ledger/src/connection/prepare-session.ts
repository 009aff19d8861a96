import type { ClientBase } from 'pg';

/**
 * Session settings of every engine connection: a dead process must not hold locks, and a plan made while a table was empty must not
 * be kept (a cached generic plan turned the hot statements into sequential scans).
 */
export const ASKED_SETTINGS: Readonly<Record<string, string>> = {
  plan_cache_mode: 'force_custom_plan',
  idle_in_transaction_session_timeout: '5000',
  statement_timeout: '30000',
  lock_timeout: '10000',
  search_path: 'reprise',
  jit: 'off',
};

/**
 * From one loss of the server's memory to the next: it restarts, another takes its place, or it recovers from a crash by itself, which
 * resets its statistics and nothing else that everybody may see.
 */
const LIFE = `(select concat(extract(epoch from pg_postmaster_start_time()), ' ', extract(epoch from stats_reset)) from pg_stat_archiver)`;

const TEXT = `select current_setting('transaction_read_only') as read_only, ${LIFE} as life, ${Object.entries(ASKED_SETTINGS)
  .map(([name, value]) => `set_config('${name}', '${value}', false)`)
  .join(', ')}`;

/** A standby, or a server that was the primary until a moment ago: there, but of no use before it is the primary or the address is another's. */
export class ReadOnlyServerError extends Error {
  readonly code = '25006';
  constructor() {
    super('this Postgres takes no writes: it is a standby, or no longer the primary');
  }
}

/**
 * In a query, not in the start-up parameter `options`, which poolers refuse or drop. In the same round trip, what libpq calls
 * `target_session_attrs=read-write`: a connection to a standby would otherwise stay in the pool and refuse everything.
 */
export async function prepareSession(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ read_only: string; life: string }>(TEXT);
  const [row] = rows;
  if (row?.read_only !== 'off') throw new ReadOnlyServerError();
  lives.set(client, row.life);
}

const lives = new WeakMap<ClientBase, string>();

/**
 * Whether two connections are to one server that has not died in between. If it has, the number of a transaction that never reached its
 * disk, or its standby, has been given to another one, whose fate is not ours.
 */
export const isSameLife = (one: ClientBase, other: ClientBase): boolean => lives.get(one) === lives.get(other);
