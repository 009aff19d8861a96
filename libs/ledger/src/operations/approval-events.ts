import type { ApprovalNews } from '@reprise/contracts';
import type { JsonText } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { instantOf, jsonOf } from '../connection/row-values.js';
import type { Row } from '../connection/session.js';
import { statement } from '../connection/statement.js';

interface NewsRow extends Row {
  readonly id: string;
  readonly run_id: string;
  readonly workflow: string;
  readonly path: string;
  readonly subject: string;
  readonly assignees: readonly string[];
  readonly requester: string | null;
  readonly required: number;
  readonly form: JsonText | null;
  readonly kind: ApprovalNews['kind'];
  readonly number: number;
  readonly detail: JsonText | null;
  readonly at: number;
  readonly expires_at: number | null;
}

/** What people are to be told of approvals: handed out until it is marked as told. */
export class ApprovalEvents {
  constructor(private readonly database: Database) {}

  async due(limit: number): Promise<readonly ApprovalNews[]> {
    const rows = await this.database.run<NewsRow>(statement('scan-approval-events'), [limit]);
    return rows.map((row) => ({
      approval: row.id,
      kind: row.kind,
      number: row.number,
      at: instantOf(row.at),
      run: row.run_id,
      workflow: row.workflow,
      task: row.path,
      subject: row.subject,
      assignees: row.assignees,
      requester: row.requester,
      required: row.required,
      form: jsonOf(row.form),
      expiresAt: instantOf(row.expires_at),
      detail: jsonOf(row.detail),
    }));
  }

  async markTold(told: readonly Pick<ApprovalNews, 'approval' | 'kind' | 'number'>[]): Promise<void> {
    if (told.length === 0) return;
    await this.database.run(statement('mark-approval-events'), [
      told.map(({ approval }) => approval),
      told.map(({ kind }) => kind),
      told.map(({ number }) => number),
    ]);
  }
}
