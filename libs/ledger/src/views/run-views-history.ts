import type { HistoryFact } from '@reprise/contracts';
import { FIRST_WHY, type JsonText, pathOf, type TaskError, type Why, type Workflow } from '@reprise/core';
import { instantOf, jsonOf, recordOf } from '../connection/row-values.js';
import type { Row } from '../connection/session.js';
import { textOf } from './run-view-task.js';
import type { FactPlace } from './run-views-cursor.js';

/** What `list-history` returns. */
export interface FactRow extends Row, FactPlace {
  /** null: the run itself. */
  readonly node: number | null;
  readonly kind: string;
  readonly attempt: number | null;
  readonly executor: string | null;
  readonly error: JsonText | null;
  readonly why: JsonText | null;
  readonly verdict: JsonText | null;
  readonly by: string | null;
  readonly detail: JsonText | null;
}

export function historyFact(workflow: Workflow, row: FactRow): HistoryFact {
  const why = recordOf<Why>(row.why) ?? (row.kind === 'attempt.queued' ? FIRST_WHY : null);
  const verdict = recordOf<Why>(row.verdict);
  return {
    at: instantOf(row.us / 1_000),
    kind: row.kind,
    task: row.node === null ? null : pathOf(workflow, { node: row.node, at: row.at }),
    attempt: row.attempt,
    executor: row.executor,
    by: row.by,
    error: recordOf<TaskError>(row.error),
    why,
    whyText: textOf(why),
    verdict,
    verdictText: textOf(verdict),
    detail: jsonOf(row.detail),
  };
}
