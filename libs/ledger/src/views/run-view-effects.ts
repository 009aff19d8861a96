import type { EffectView } from '@reprise/contracts';
import { type Address, type JsonText, keyOf, type OnInDoubt, type RunId, type TaskError, type TaskKey } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { instantOf, jsonOf, recordOf } from '../connection/row-values.js';
import { statement } from '../connection/statement.js';
import type { EffectState } from '../runs/effect-store.js';
import type { RunAddress } from '../runs/run-address.js';

const SHOWN = 50;
const SHOWN_RESULT = 16_384;

interface EffectRow extends Record<string, unknown>, Address {
  readonly name: string;
  readonly state: EffectState;
  readonly key: string;
  readonly policy: OnInDoubt;
  readonly attempt: number;
  readonly error: JsonText | null;
  readonly result: JsonText | null;
  readonly settled_by: string | null;
  readonly begun_at: number;
  readonly changed_at: number;
}

/** The first effects of each of these task instances. */
export async function effectViews(
  database: Database,
  run: RunId,
  tasks: readonly Address[],
): Promise<ReadonlyMap<TaskKey, readonly EffectView[]>> {
  const views = new Map<TaskKey, EffectView[]>();
  if (tasks.length === 0) return views;
  const values = [run, tasks.map(({ node }) => node), tasks.map(({ at }) => at), SHOWN_RESULT, SHOWN];
  for (const row of await database.run<EffectRow>(statement('view-effects'), values)) {
    const key = keyOf(row.node, row.at);
    views.set(key, [...(views.get(key) ?? []), viewOf(row)]);
  }
  return views;
}

/** What is recorded of effects by these names; names that are missing are not known. */
export async function effectStates(
  database: Database,
  { run, node, at }: RunAddress,
  names: readonly string[],
): Promise<ReadonlyMap<string, EffectState>> {
  const rows = await database.run<{ name: string; state: EffectState }>(statement('effect-states'), [run, node, at, names]);
  return new Map(rows.map(({ name, state }) => [name, state]));
}

const viewOf = (row: EffectRow): EffectView => ({
  name: row.name,
  state: row.state,
  key: row.key,
  onInDoubt: row.policy,
  attempt: row.attempt,
  result: jsonOf(row.result),
  error: recordOf<TaskError>(row.error),
  settledBy: row.settled_by,
  begunAt: instantOf(row.begun_at),
  changedAt: instantOf(row.changed_at),
});
