import type { ApprovalView, Page } from '@reprise/contracts';
import type { Connection } from './connection.js';
import type { PageOptions } from './runs-client.js';

export interface ApprovalQuery extends PageOptions {
  readonly state?: ApprovalView['state'];
  /** Those that this person may decide. */
  readonly assignee?: string;
  readonly workflow?: string;
  readonly run?: string;
}

export interface ApprovalAnswer {
  readonly decision: 'approved' | 'rejected';
  /** As the approval's `form` has it. */
  readonly form?: unknown;
  readonly comment?: string;
}

const at = (id: string): string => `/v1/approvals/${encodeURIComponent(id)}`;

export class ApprovalsClient {
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  async list(query: ApprovalQuery = {}): Promise<Page<ApprovalView>> {
    return (await this.connection.ask('/v1/approvals', { query: { ...query } })).body as Page<ApprovalView>;
  }

  async get(id: string): Promise<ApprovalView> {
    return (await this.connection.ask(at(id))).body as ApprovalView;
  }

  /** As whoever the credentials name. A RepriseError 409 when it has been decided or answered already, 403 for who may not. */
  async answer(id: string, answer: ApprovalAnswer): Promise<ApprovalView> {
    return (await this.connection.ask(at(id), { method: 'POST', body: answer })).body as ApprovalView;
  }
}
