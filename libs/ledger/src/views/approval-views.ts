import type { ApprovalView } from '@reprise/contracts';
import type { ApprovalAnswer, JsonText } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { instantOf, jsonOf } from '../connection/row-values.js';
import type { Row } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { listAnswers } from '../runs/approval-store.js';
import { readRunCursor, runCursor } from './run-views-cursor.js';
import { type Paged, type PageRequest, page } from './run-views-page.js';

export interface ApprovalFilter {
  readonly state: ApprovalView['state'] | null;
  /** Somebody who may decide. */
  readonly assignee: string | null;
  readonly workflow: string | null;
  readonly run: string | null;
}

interface ApprovalRow extends Row {
  readonly id: string;
  readonly run_id: string;
  readonly workflow: string;
  readonly path: string;
  readonly subject: string;
  readonly assignees: readonly string[];
  readonly form: JsonText | null;
  readonly requester: string | null;
  readonly four_eyes: boolean;
  readonly required: number;
  readonly state: ApprovalView['state'];
  readonly decision: ApprovalView['decision'];
  readonly decided_by: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly ended_at: number | null;
}

/** Approvals as people look at them. */
export class ApprovalViews {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async list(filter: ApprovalFilter, { cursor, limit }: PageRequest): Promise<Paged<ApprovalView>> {
    const below = cursor === null ? null : readRunCursor(cursor);
    if (cursor !== null && below === null) return { kind: 'bad-cursor' };
    const { state, assignee, workflow, run } = filter;
    const rows = await this.database.run<ApprovalRow>(statement('list-approvals'), [
      limit + 1,
      below,
      state,
      assignee,
      workflow,
      run,
    ]);
    const answers = await listAnswers(
      this.database,
      rows.slice(0, limit).map(({ id }) => id),
    );
    return page(
      rows,
      limit,
      (row) => viewOf(row, answers.get(row.id) ?? []),
      (row) => runCursor(row.id),
    );
  }

  async find(id: string): Promise<ApprovalView | null> {
    const [row] = await this.database.run<ApprovalRow>(statement('find-approval'), [id]);
    if (row === undefined) return null;
    return viewOf(row, (await listAnswers(this.database, [id])).get(id) ?? []);
  }
}

function viewOf(row: ApprovalRow, answers: readonly ApprovalAnswer[]): ApprovalView {
  return {
    id: row.id,
    run: row.run_id,
    workflow: row.workflow,
    task: row.path,
    subject: row.subject,
    state: row.state,
    assignees: row.assignees,
    required: row.required,
    requester: row.requester,
    fourEyes: row.four_eyes,
    form: jsonOf(row.form),
    decision: row.decision,
    decidedBy: row.decided_by,
    requestedAt: instantOf(row.created_at),
    expiresAt: instantOf(row.expires_at),
    endedAt: instantOf(row.ended_at),
    answers: answers.map(({ by, decision, at, form, comment }) => ({ by, decision, at: instantOf(at), form, comment })),
  };
}
