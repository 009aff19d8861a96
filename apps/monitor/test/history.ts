import { type RunId, runId } from '@reprise/core';
import { ensurePartitions, weekOf } from '@reprise/ledger';
import { systemClock } from '@reprise/service';
import type { TestDatabase } from '@reprise/testing';

const DAY_MS = 24 * 3_600_000;

export interface PastRun {
  readonly daysAgo: number;
  /** When it is not a moment after it was created. */
  readonly endedDaysAgo?: number;
  readonly status?: 'succeeded' | 'failed' | 'running';
  readonly workflow?: string;
  readonly trigger?: string;
  readonly parent?: RunId;
  readonly announced?: boolean;
  readonly key?: string;
}

/** Tables with rows of runs, and what the run is called in them. */
const TABLES = ['task', 'attempt', 'effect', 'attempt_log', 'command', 'approval', 'kept_event', 'seen_event', 'notice'] as const;

/** Runs of long ago, as the ledger has them. */
export class History {
  private count = 0;

  constructor(private readonly db: TestDatabase) {}

  async forget(): Promise<void> {
    const others = [
      'run',
      'idempotency',
      'trigger_event',
      'repeated_event',
      'dead_letter',
      'backfill',
      'batch',
      'completion',
      'workflow',
    ];
    // Not truncated: that makes every index of every partition anew.
    for (const table of [...TABLES, ...others]) await this.db.query(`delete from reprise.${table}`);
  }

  /** The id that a run had which was created then. */
  idAt(daysAgo: number): RunId {
    const ms = Math.floor(systemClock.now() - daysAgo * DAY_MS);
    this.count += 1;
    const tail = this.count.toString(16).padStart(15, '0');
    const hex = `${ms.toString(16).padStart(12, '0')}7abc8${tail}`;
    return runId(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
  }

  async run(past: PastRun): Promise<RunId> {
    const { daysAgo, endedDaysAgo = daysAgo, status = 'succeeded', workflow = 'past', trigger = 'api', announced = true } = past;
    const id = this.idAt(daysAgo);
    const ended = status === 'running' ? null : `${endedDaysAgo} days`;
    await this.db.query(
      `insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at, ended_at, announced, watch_at, parent_id, key)
       values ($1, gen_random_uuid(), $2, $3, 's', $4, '{}', now() - $5::interval, now() - $6::interval, $7, case when not $7 then now() end, $8, $9)`,
      [id, workflow, status, trigger, `${daysAgo} days`, ended, announced, past.parent ?? null, past.key ?? null],
    );
    return id;
  }

  /** Many of the same day, with a task each. */
  async runs(count: number, daysAgo: number): Promise<void> {
    const id = `(lpad(to_hex((extract(epoch from now() - $2::interval) * 1000)::bigint), 12, '0') || '7abc9' || lpad(to_hex(g), 15, '0'))::uuid`;
    await this.db.query(
      `with past as (
         insert into reprise.run (id, workflow_id, workflow, status, scope, trigger, input, created_at, ended_at)
         select ${id}, gen_random_uuid(), 'past', 'succeeded', 's', 'api', '{}', now() - $2::interval, now() - $2::interval
         from generate_series(1, $1::int) as g returning id
       ) insert into reprise.task (run_id, node, at, status, attempt, fence, created_at, ended_at)
         select id, 0, '', 'succeeded', 1, 1, now(), now() from past`,
      [count, `${daysAgo} days`],
    );
  }

  /** One row of everything a run may have. */
  async fill(run: RunId): Promise<void> {
    const insert = (table: string, columns: string, values: string) =>
      this.db.query(`insert into reprise.${table} (run_id, ${columns}) values ($1, ${values})`, [run]);
    await insert('task', 'node, at, status, attempt, fence, created_at, ended_at', `0, '', 'succeeded', 2, 3, now(), now()`);
    await insert('attempt', 'node, at, fence, attempt, outcome, ended_at', `0, '', 1, 1, 'failed', now()`);
    await this.effect(run, 'committed');
    await insert('attempt_log', 'node, at, attempt, fence, part, lines', `0, '', 1, 1, 0, '[]'`);
    await insert('command', 'id, kind, payload, applied_at', `gen_random_uuid(), 'pause', '{}', now()`);
    const approval =
      'id, node, at, fence, version, workflow, path, subject, assignees, four_eyes, required, state, ended_at, created_at';
    await insert(
      'approval',
      approval,
      `gen_random_uuid(), 0, '', 1, gen_random_uuid(), 'past', 'ask', 'May I?', '{}', false, 1, 'closed', now(), now()`,
    );
    await this.db.query(
      `insert into reprise.approval_event (approval_id, kind, number, at) select id, 'requested', 1, now() from reprise.approval where run_id = $1`,
      [run],
    );
    await insert('kept_event', 'type, source, id, body, size', `'paid', 'test', '1', '{}', 2`);
    await insert('seen_event', 'number, node, at, fence, taken', `1, 0, '', 1, true`);
  }

  async effect(run: RunId, state: 'committed' | 'intended' | 'in_doubt', policy: 'park' | 'fail' = 'park'): Promise<void> {
    await this.db.query(
      `insert into reprise.effect (run_id, node, at, name, state, key, policy, fence, claim, attempt)
       values ($1, 0, '', 'charge', $2, 'key', $3, 1, gen_random_uuid(), 1)`,
      [run, state, policy],
    );
  }

  /** How many rows of a run there are, by table; tables without any are left out. */
  async rowsOf(run: RunId): Promise<Record<string, number>> {
    const counts = ["select 'run' as name, count(*)::int as rows from reprise.run where id = $1"];
    for (const table of TABLES) counts.push(`select '${table}', count(*)::int from reprise.${table} where run_id = $1`);
    const rows = await this.db.query<{ name: string; rows: number }>(counts.join(' union all '), [run]);
    return Object.fromEntries(rows.filter(({ rows: count }) => count > 0).map(({ name, rows: count }) => [name, count]));
  }

  async exists(run: RunId): Promise<boolean> {
    return (await this.db.query('select from reprise.run where id = $1', [run])).length === 1;
  }

  /** Makes a partition for the week of then, as if it had been yet to come. Returns what it is called behind the table's name. */
  async week(daysAgo: number): Promise<string> {
    const then = systemClock.now() - daysAgo * DAY_MS;
    await ensurePartitions(this.db.database, then);
    return new Date(weekOf(then)).toISOString().slice(0, 10).replaceAll('-', '');
  }

  /** Whether the week has partitions: of all tables, or of none. */
  async hasWeek(week: string): Promise<boolean> {
    const rows = await this.db.query('select from pg_class where relname ~ $1 and relkind = $2', [
      `^(run|task|attempt|effect|attempt_log)_${week}$`,
      'r',
    ]);
    if (rows.length !== 0 && rows.length !== 5) throw new Error(`${week} has ${rows.length} partitions`);
    return rows.length === 5;
  }
}
