import type { DatabaseReached } from './database-facts.js';
import { found, foundIf, type Rule } from './finding.js';

const LEAST_VERSION = 140_000;
const LONG_TRANSACTION_MS = 5 * 60_000;
const LONG_PREPARED_MS = 10 * 60_000;
const RETAINED_BYTES = 1_073_741_824;
const MOST_XIDS = 1_000_000_000;
const MOST_CLOCK_OFFSET_MS = 1_000;
const MOST_CONNECTIONS = 0.85;

export const DATABASE_UNREACHABLE: Rule<{ readonly reason: string }> = {
  name: 'unreachable',
  severity: 'error',
  checks: 'the database answers',
  prevents: 'nothing is decided or claimed while it is away; running handlers end and wait to report',
  find: ({ reason }) => [found(null, `Postgres does not answer: ${reason}`, 'start it, or correct DATABASE_URL')],
};

const isOff = ({ settings }: DatabaseReached, name: string): boolean => settings[name] === 'off';
const alter = (name: string, value: string): string => `alter system set ${name} = ${value}; select pg_reload_conf();`;

/** The server, whatever is in it. */
export const DATABASE_RULES: readonly Rule<DatabaseReached>[] = [
  {
    name: 'version',
    severity: 'error',
    checks: 'Postgres is 14 or newer',
    prevents: 'older ones lack what our statements use',
    find: ({ version }) =>
      foundIf(
        version < LEAST_VERSION,
        `Postgres is ${Math.floor(version / 10_000)}`,
        'upgrade to Postgres 14 or newer (pg_upgrade)',
      ),
  },
  {
    name: 'read_only',
    severity: 'error',
    checks: 'the database can be written to',
    prevents: 'every claim and decision is refused (25006)',
    find: ({ readOnly }) => [
      ...foundIf(readOnly.recovery, 'it is a standby', 'point DATABASE_URL at the primary (target_session_attrs=read-write)'),
      ...foundIf(readOnly.setting, 'default_transaction_read_only is on', alter('default_transaction_read_only', 'off')),
    ],
  },
  {
    name: 'fsync_off',
    severity: 'error',
    checks: '`fsync` is on',
    prevents: 'a crash of the machine corrupts the ledger, the one place that knows what has happened',
    find: (facts) => foundIf(isOff(facts, 'fsync'), 'fsync is off', alter('fsync', 'on')),
  },
  {
    name: 'full_page_writes_off',
    severity: 'error',
    checks: '`full_page_writes` is on',
    prevents: 'a page half written in a crash stays corrupt',
    find: (facts) => foundIf(isOff(facts, 'full_page_writes'), 'full_page_writes is off', alter('full_page_writes', 'on')),
  },
  {
    name: 'synchronous_commit_off',
    severity: 'error',
    checks: '`synchronous_commit` is not off',
    prevents: 'a commit that was answered may be gone after a crash: a claim, an effect, an accepted start',
    find: (facts) => foundIf(isOff(facts, 'synchronous_commit'), 'synchronous_commit is off', alter('synchronous_commit', 'on')),
  },
  {
    name: 'autovacuum_off',
    severity: 'error',
    checks: '`autovacuum` and `track_counts` are on',
    prevents: 'dead rows pile up until every claim is slow, and at last the database stops to avoid wraparound',
    find: (facts) =>
      ['autovacuum', 'track_counts'].flatMap((name) => foundIf(isOff(facts, name), `${name} is off`, alter(name, 'on'))),
  },
  {
    name: 'connections',
    severity: 'warning',
    checks: 'there are connections left for another service’s pool',
    prevents: 'a service that starts or reconnects is refused (53300), just when several do so at once',
    find: ({ connections: { used, most, poolSize } }) =>
      foundIf(
        used > most * MOST_CONNECTIONS || most - used < poolSize,
        `${used} of ${most} connections are taken, a pool may take ${poolSize} more`,
        'raise max_connections, or lower REPRISE_DATABASE_POOL',
      ),
  },
  {
    name: 'transaction_pooling',
    severity: 'error',
    checks: 'no pooler hands out connections by the transaction (pgbouncer’s `pool_mode = transaction`)',
    prevents: 'prepared statements and session settings end up in other sessions: statements fail at random',
    find: ({ transactionPooling }) =>
      foundIf(
        transactionPooling,
        'two sessions were given the same server process: a pooler in transaction mode stands between',
        'connect to Postgres itself, or set pool_mode = session for this database',
      ),
  },
  {
    name: 'session_settings',
    severity: 'error',
    checks: 'the settings that every connection asks for are in force',
    prevents: 'without plan_cache_mode hot statements scan whole tables, without timeouts a dead process keeps its locks',
    find: ({ droppedSettings }) =>
      foundIf(
        droppedSettings.length > 0,
        `asked for and not in force: ${droppedSettings.join(', ')}`,
        'let the pooler pass the startup parameter `options` on (pgbouncer: not in ignore_startup_parameters)',
      ),
  },
  {
    name: 'long_transaction',
    severity: 'warning',
    checks: 'no transaction in this database is older than five minutes',
    prevents: 'vacuum cannot remove what a transaction might still see: the hot tables grow, claims get slower by the hour',
    find: ({ transactions }) =>
      transactions
        .filter(({ ageMs }) => ageMs > LONG_TRANSACTION_MS)
        .map(({ pid, user, application, state, ageMs }) =>
          found(
            `pid ${pid}`,
            `a transaction of ${user}${application === '' ? '' : ` (${application})`}, ${state}, has been open for ${Math.round(ageMs / 60_000)} minutes`,
            `select pg_terminate_backend(${pid});`,
          ),
        ),
  },
  {
    name: 'prepared_transaction',
    severity: 'warning',
    checks: 'no prepared transaction is older than ten minutes',
    prevents: 'as a long transaction, and it even survives a restart',
    find: ({ prepared }) =>
      prepared
        .filter(({ ageMs }) => ageMs > LONG_PREPARED_MS)
        .map(({ name, ageMs }) =>
          found(
            name,
            `prepared ${Math.round(ageMs / 60_000)} minutes ago, and never ended`,
            `rollback prepared '${name.replaceAll("'", "''")}';`,
          ),
        ),
  },
  {
    name: 'stuck_slot',
    severity: 'warning',
    checks: 'no unused replication slot keeps more than 1 GiB of WAL, and none is lost',
    prevents: 'an abandoned slot fills the disk of the database',
    find: ({ slots }) =>
      slots
        .filter(({ active, retainedBytes, lost }) => lost || (!active && retainedBytes > RETAINED_BYTES))
        .map(({ name, retainedBytes, lost }) =>
          found(
            name,
            lost
              ? 'the slot has lost its WAL'
              : `nobody reads the slot, which keeps ${Math.round(retainedBytes / 1_048_576)} MiB of WAL`,
            `select pg_drop_replication_slot('${name}');`,
          ),
        ),
  },
  {
    name: 'wraparound',
    severity: 'error',
    checks: 'less than a thousand million transactions since the oldest row that is not frozen',
    prevents: 'at two thousand million the database takes no more writes',
    find: ({ xidAge }) =>
      foundIf(
        xidAge > MOST_XIDS,
        `${xidAge} transactions are not frozen`,
        'vacuum freeze; and look for what holds it back: long transactions, slots',
      ),
  },
  {
    name: 'clock_skew',
    severity: 'warning',
    checks: 'the clocks of the database and of this machine agree within a second',
    prevents: 'leases and due times are the database’s, so nothing breaks; but times in logs and answers do not fit together',
    find: ({ clock: { offsetMs, errorMs } }) =>
      foundIf(
        Math.abs(offsetMs) - errorMs > MOST_CLOCK_OFFSET_MS,
        `the database’s clock is ${Math.abs(Math.round(offsetMs))} ms ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine’s`,
        'let both be set by NTP (chronyc tracking)',
      ),
  },
];
