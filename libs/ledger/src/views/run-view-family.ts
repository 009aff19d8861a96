import type { ChildView, ParentState } from '@reprise/contracts';
import type { JsonText, Origin, Progress, RunId, RunStatus } from '@reprise/core';
import { pathOf } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { recordOf } from '../connection/row-values.js';
import { statement } from '../connection/statement.js';
import type { WorkflowCache } from '../definitions/workflow-cache.js';

/** The path of the task that waits for a run, in the run that started it; null: nobody waits for it. */
export async function parentTask(workflows: WorkflowCache, origin: JsonText | null): Promise<string | null> {
  const parent = recordOf<Origin>(origin)?.parent ?? null;
  if (parent === null) return null;
  const workflow = await workflows.get(parent.version);
  return workflow === null ? null : pathOf(workflow, parent);
}

/** What has become of the run that started this one; null: none has, or it is not kept any more. */
export async function parentState(database: Database, origin: JsonText | null): Promise<ParentState | null> {
  const parent = recordOf<Origin>(origin)?.parent ?? null;
  if (parent === null) return null;
  type ParentRow = { id: RunId; status: RunStatus; is_child: boolean; compensated: boolean; waits: boolean };
  const values = [parent.run, parent.node, parent.at, parent.fence];
  const [row] = await database.run<ParentRow>(statement('view-parent-run'), values);
  if (row === undefined) return null;
  const { id, status, compensated, waits } = row;
  return { id, status, compensated, isChild: row.is_child, waits };
}

/** The runs that tasks wait for or have waited for, each with how far it has come. */
export async function childViews(
  database: Database,
  progresses: readonly (Progress | null)[],
): Promise<readonly (ChildView | null)[]> {
  const children = progresses.map((progress) => (progress?.kind === 'child' ? progress : null));
  const ids = children.flatMap((child) => (child === null ? [] : [child.run]));
  if (ids.length === 0) return children.map(() => null);
  const rows = await database.run<{ id: RunId; status: RunStatus }>(statement('run-statuses'), [ids]);
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  return children.map((child) =>
    child === null ? null : { run: child.run, workflow: child.workflow, status: statuses.get(child.run) ?? null },
  );
}
