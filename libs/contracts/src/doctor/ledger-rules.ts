import type { DatabaseReached } from './database-facts.js';
import { found, foundIf, type Rule } from './finding.js';

const LEAST_WEEKS_AHEAD = 2;
const MANY_DEAD_ROWS = 20_000;

/** What migrations have made, and what has become of it. */
export const LEDGER_RULES: readonly Rule<DatabaseReached>[] = [
  {
    name: 'pending_migrations',
    severity: 'error',
    checks: 'every migration of this build is applied',
    prevents: 'statements name what is not there yet',
    find: ({ pendingMigrations }) =>
      foundIf(
        pendingMigrations.length > 0,
        `not applied: ${pendingMigrations.join(', ')}`,
        'start one service of this version: it migrates before it does anything else',
      ),
  },
  {
    name: 'newer_ledger',
    severity: 'warning',
    checks: 'the ledger was not migrated by a newer build',
    prevents: 'an older service beside newer ones is fine for the time of an upgrade, and not for longer',
    find: ({ unknownMigrations }) =>
      foundIf(
        unknownMigrations.length > 0,
        `applied by a newer version: ${unknownMigrations.join(', ')}`,
        'finish the upgrade: replace the services that are still old',
      ),
  },
  {
    name: 'missing_index',
    severity: 'error',
    checks: 'every index that the migrations make is there',
    prevents: 'a hot statement reads the whole table; a unique one no longer keeps doubles out',
    find: ({ missingIndexes }) =>
      missingIndexes.map(({ name, table, statement }) =>
        found(name, `the index ${name} on ${table} is missing`, `${statement};`),
      ),
  },
  {
    name: 'invalid_index',
    severity: 'error',
    checks: 'every index is valid',
    prevents: 'one that was left behind by a failed build is written and never read',
    find: ({ invalidIndexes }) =>
      invalidIndexes.map(({ name, table }) =>
        found(name, `the index ${name} on ${table} is invalid`, `reindex index concurrently reprise.${name};`),
      ),
  },
  {
    name: 'dead_rows',
    severity: 'warning',
    checks: 'no table has more dead rows than live ones (from 20,000 on)',
    prevents: 'every scan of the table reads them along: claims and the watch get slower',
    find: ({ tables }) =>
      tables
        .filter(({ live, dead }) => dead > MANY_DEAD_ROWS && dead > live)
        .map(({ name, live, dead }) =>
          found(name, `${dead} dead rows beside ${live} live ones`, `vacuum (analyze) reprise.${name};`),
        ),
  },
  {
    name: 'partitions',
    severity: 'error',
    checks: 'partitions are there for at least two weeks ahead',
    prevents: 'rows of a week without partition go to the default one, which all reads then have to look at',
    find: ({ partitions }) =>
      partitions
        .filter(({ weeksAhead }) => weeksAhead < LEAST_WEEKS_AHEAD)
        .map(({ table, weeksAhead }) =>
          found(
            table,
            `partitions of ${table} end ${weeksAhead <= 0 ? 'now' : `in ${weeksAhead} weeks`}`,
            'restart a monitor: the one that leads makes them once a day, and each at its start',
          ),
        ),
  },
  {
    name: 'stray_rows',
    severity: 'warning',
    checks: 'the default partitions are empty',
    prevents: 'a clock that is weeks off made their keys; they are read by every statement that does not know the week',
    find: ({ partitions }) =>
      partitions
        .filter(({ strayRows }) => strayRows)
        .map(({ table }) =>
          found(
            `${table}_default`,
            'it has rows',
            'correct the clock of the machine that made them; rows of weeks to come are moved when their partition is made',
          ),
        ),
  },
];
