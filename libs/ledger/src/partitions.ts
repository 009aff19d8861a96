import type { EntityManager } from 'typeorm';
import type { Database } from './database.js';
import { statement } from './statement.js';

const WEEK_MS = 7 * 24 * 3_600_000;
const WEEKS_AHEAD = 8;
const LOCK = 'reprise.partitions';

interface Table {
  readonly name: 'run' | 'task' | 'attempt' | 'effect' | 'attempt_log';
  /** The run's UUIDv7 in its key. */
  readonly id: 'id' | 'run_id';
}
const TABLES: readonly Table[] = [
  { name: 'run', id: 'id' },
  { name: 'task', id: 'run_id' },
  { name: 'attempt', id: 'run_id' },
  { name: 'effect', id: 'run_id' },
  { name: 'attempt_log', id: 'run_id' },
];

/**
 * Weekly partitions by the time inside the UUIDv7 key: last week to eight weeks ahead, and a default one for keys of clocks that are far off.
 * New ones are analyzed at once, so that no plan is made from nothing. Safe when several do so at once.
 */
export async function ensurePartitions(database: Database): Promise<void> {
  const [clock] = await database.run<{ now: number }>(statement('database-now'), []);
  const thisWeek = Math.floor((clock?.now ?? 0) / WEEK_MS) * WEEK_MS;
  // A transaction for each: who holds the default partitions of several tables at once may deadlock with those who read them.
  for (const table of TABLES) {
    await database.source.transaction((manager) => createMissing(manager, table, thisWeek));
  }
}

async function createMissing(manager: EntityManager, table: Table, thisWeek: number): Promise<void> {
  await manager.query('select pg_advisory_xact_lock(hashtext($1))', [LOCK]);
  const existing: { readonly name: string }[] = await manager.query(statement('list-partitions').text, [`reprise.${table.name}`]);
  const names = new Set(existing.map((partition) => partition.name));
  const steps = names.has(`${table.name}_default`) ? [] : [defaultPartition(table)];
  for (let week = -1; week <= WEEKS_AHEAD; week += 1) {
    const from = thisWeek + week * WEEK_MS;
    const name = `${table.name}_${new Date(from).toISOString().slice(0, 10).replaceAll('-', '')}`;
    if (!names.has(name)) steps.push(weekPartition(table, name, from));
  }
  if (steps.length > 0) await manager.query(steps.join('\n'));
}

const defaultPartition = ({ name }: Table): string =>
  `create table reprise.${name}_default partition of reprise.${name} default;`;

/**
 * Made beside the table and then attached: unlike `partition of`, that does not lock out who reads and writes the other weeks.
 * Rows of that week which have gone to the default partition move in first (past them Postgres refuses to attach), and nobody may add
 * another one in between.
 */
function weekPartition(table: Table, name: string, fromMs: number): string {
  const [from, to] = [firstUuidAt(fromMs), firstUuidAt(fromMs + WEEK_MS)];
  return `
    create table reprise.${name} (like reprise.${table.name} including defaults including constraints) with (${storage(table)});
    lock table reprise.${table.name}_default in access exclusive mode;
    with moved as (
      delete from reprise.${table.name}_default where ${table.id} >= '${from}' and ${table.id} < '${to}' returning *
    ) insert into reprise.${name} select * from moved;
    alter table reprise.${table.name} attach partition reprise.${name} for values from ('${from}') to ('${to}');
    analyze reprise.${name};`;
}

/**
 * Room on the page for the updates that follow an insert, so that they stay HOT; dead versions are swept early.
 * A batch may claim every row of a page at once, and a claimed row is a third longer: at 60 that left 57 % of the claims HOT, at 50 87 %,
 * at 40 all of them and the renewals after them, in a table no larger.
 */
function storage({ name }: Table): string {
  const sweepEarly = 'autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02';
  switch (name) {
    case 'task':
      return `fillfactor = 40, ${sweepEarly}`;
    case 'run':
      return `fillfactor = 60, ${sweepEarly}`;
    case 'effect':
      return 'fillfactor = 50';
    case 'attempt':
    case 'attempt_log':
      return 'fillfactor = 100';
  }
}

/** The smallest UUIDv7 of an instant. */
export function firstUuidAt(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}
