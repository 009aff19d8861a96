import type { EntityManager } from 'typeorm';
import { withBriefLock } from '../connection/brief-lock.js';
import type { Database } from '../connection/database.js';
import { statement } from '../connection/statement.js';
import { labelIndex, weekStorage } from '../migrations/partition-storage.js';

export const WEEK_MS = 7 * 24 * 3_600_000;
const WEEKS_AHEAD = 8;
const LOCK = 'reprise.partitions';
/** Each holds others up for a tenth of a second at most, with a pause behind it. */
const TRIES = 40;

interface PartitionedTable {
  readonly name: 'run' | 'task' | 'attempt' | 'effect' | 'attempt_log';
  /** The run's UUIDv7 in its key. */
  readonly id: 'id' | 'run_id';
}
/** In the order in which they are locked. */
export const PARTITIONED: readonly PartitionedTable[] = [
  { name: 'run', id: 'id' },
  { name: 'task', id: 'run_id' },
  { name: 'attempt', id: 'run_id' },
  { name: 'effect', id: 'run_id' },
  { name: 'attempt_log', id: 'run_id' },
];

/**
 * Weekly partitions by the time inside the UUIDv7 key: last week to eight weeks ahead, and a default one for keys of clocks that are far off.
 * New ones are analyzed at once, so that no plan is made from nothing. Safe when several do so at once. `nowMs`: the database's clock if absent.
 */
export async function ensurePartitions(database: Database, nowMs?: number): Promise<void> {
  const [clock] = await database.run<{ now: number }>(statement('database-now'), []);
  const thisWeek = weekOf(nowMs ?? clock?.now ?? 0);
  // A transaction for each: who holds the default partitions of several tables at once may deadlock with those who read them.
  for (const table of PARTITIONED) {
    await withBriefLock(database, TRIES, (manager) => createMissing(manager, table, thisWeek));
  }
}

/** When the week of an instant begins. */
export const weekOf = (ms: number): number => Math.floor(ms / WEEK_MS) * WEEK_MS;

export const partitionName = ({ name }: Pick<PartitionedTable, 'name'>, weekMs: number): string =>
  `${name}_${new Date(weekMs).toISOString().slice(0, 10).replaceAll('-', '')}`;

/** Whoever makes or drops partitions does so alone, until the transaction ends. */
export async function lockPartitions(manager: EntityManager): Promise<void> {
  await manager.query('select pg_advisory_xact_lock(hashtext($1))', [LOCK]);
}

/** By table: when its last week ends, epoch milliseconds; 0: it has none. */
export async function partitionWeeks(database: Database): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  for (const { name: table } of PARTITIONED) {
    const rows = await database.run<{ name: string }>(statement('list-partitions'), [`reprise.${table}`]);
    const starts = rows.map(({ name }) => startOf(name)).filter((ms) => ms !== null);
    ends.set(table, starts.length === 0 ? 0 : Math.max(...starts) + WEEK_MS);
  }
  return ends;
}

/** Of `run_20300107`; null: the default partition. */
function startOf(partition: string): number | null {
  const [, year, month, day] = /_(\d{4})(\d\d)(\d\d)$/.exec(partition) ?? [];
  return day === undefined ? null : Date.UTC(Number(year), Number(month) - 1, Number(day));
}

/** The weeks that have a partition, the oldest first. */
export async function listWeeks(database: Database): Promise<readonly number[]> {
  const rows = await database.run<{ name: string }>(statement('list-partitions'), ['reprise.run']);
  return rows
    .map(({ name }) => startOf(name))
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
}

async function createMissing(manager: EntityManager, table: PartitionedTable, thisWeek: number): Promise<void> {
  await lockPartitions(manager);
  const existing: { readonly name: string }[] = await manager.query(statement('list-partitions').text, [`reprise.${table.name}`]);
  const names = new Set(existing.map((partition) => partition.name));
  const steps = names.has(`${table.name}_default`) ? [] : [defaultPartition(table)];
  for (let week = -1; week <= WEEKS_AHEAD; week += 1) {
    const from = thisWeek + week * WEEK_MS;
    const name = partitionName(table, from);
    if (!names.has(name)) steps.push(weekPartition(table, name, from));
  }
  if (steps.length > 0) await manager.query(steps.join('\n'));
}

const defaultPartition = ({ name }: PartitionedTable): string =>
  `create table reprise.${name}_default partition of reprise.${name} default;`;

/**
 * Made beside the table and then attached: unlike `partition of`, that does not lock out who reads and writes the other weeks.
 * Rows of that week which have gone to the default partition move in first (past them Postgres refuses to attach), and nobody may add
 * another one in between.
 */
function weekPartition(table: PartitionedTable, name: string, fromMs: number): string {
  const [from, to] = [firstUuidAt(fromMs), firstUuidAt(fromMs + WEEK_MS)];
  return `
    create table reprise.${name} (like reprise.${table.name} including defaults including constraints) with (${weekStorage(table.name)});
    lock table reprise.${table.name}_default in access exclusive mode;
    with moved as (
      delete from reprise.${table.name}_default where ${table.id} >= '${from}' and ${table.id} < '${to}' returning *
    ) insert into reprise.${name} select * from moved;
    ${table.name === 'run' ? labelIndex(name) : ''}
    alter table reprise.${table.name} attach partition reprise.${name} for values from ('${from}') to ('${to}');
    analyze reprise.${name};`;
}

/** The smallest UUIDv7 of an instant. The database tells fractions of a millisecond, ids do not. */
export function firstUuidAt(ms: number): string {
  const hex = Math.floor(ms).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}
