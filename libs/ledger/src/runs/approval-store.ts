import { createHash } from 'node:crypto';
import type {
  Address,
  ApprovalAnswer,
  ApprovalState,
  ApprovalWrite,
  Fence,
  JsonText,
  RunId,
  VersionId,
  Workflow,
} from '@reprise/core';
import { pathOf } from '@reprise/core';
import { jsonOf } from '../connection/row-values.js';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { byKey } from './ticket.js';

/** What a decision asks of people, or tells them. */
export interface ApprovalDecided {
  readonly run: RunId;
  readonly version: VersionId;
  readonly workflow: Workflow;
  /** The moment of the decision, epoch milliseconds. */
  readonly now: number;
  readonly write: ApprovalWrite;
}

type Kind = ApprovalWrite['kind'];
type Decided<K extends Kind> = ApprovalDecided & { readonly write: Extract<ApprovalWrite, { kind: K }> };

/** What one transaction of a run asks of people, tells them, and hears of them. */
export class ApprovalStore {
  constructor(private readonly session: Session) {}

  /** What people have said about these tasks by now, in their order; nobody says more until the transaction ends. null: nobody was asked. */
  async states(run: RunId, tasks: readonly Address[]): Promise<readonly (ApprovalState | null)[]> {
    if (tasks.length === 0) return [];
    const sorted = tasks.map((task) => ({ run, ...task })).sort(byKey);
    const values = [sorted.map((each) => each.run), sorted.map((each) => each.node), sorted.map((each) => each.at)];
    type LockedRow = { id: string; node: number; at: string; state: string };
    const rows = await this.session.run<LockedRow>(statement('lock-approvals'), values);
    const answers = await listAnswers(
      this.session,
      rows.filter(({ state }) => state === 'decided').map(({ id }) => id),
    );
    return tasks.map(({ node, at }) => {
      const row = rows.find((each) => each.node === node && each.at === at);
      return row === undefined ? null : stateOf(answers.get(row.id) ?? []);
    });
  }

  /** In the order in which one decision may do them. */
  async write(decided: readonly ApprovalDecided[]): Promise<void> {
    await this.request(only(decided, 'request'));
    await this.escalate(only(decided, 'escalate'));
    await this.remind(only(decided, 'remind'));
    await this.end([...only(decided, 'expire'), ...only(decided, 'close')]);
  }

  private async request(asked: readonly Decided<'request'>[]): Promise<void> {
    if (asked.length === 0) return;
    const [runs, nodes, ats, fences] = keys(asked);
    await this.session.write(statement('insert-approvals'), [
      asked.map(approvalId),
      runs,
      nodes,
      ats,
      fences,
      asked.map(({ version }) => version),
      asked.map(({ workflow }) => workflow.name),
      asked.map(({ workflow, write }) => pathOf(workflow, write)),
      asked.map(({ write }) => write.subject),
      asked.map(({ write }) => JSON.stringify(write.assignees)),
      asked.map(({ write }) => (write.form === null ? null : JSON.stringify(write.form))),
      asked.map(({ write }) => write.requester),
      asked.map(({ write }) => write.fourEyes),
      asked.map(({ write }) => write.required),
      asked.map(({ write }) => write.expiresAt),
      asked.map(({ now }) => now),
    ]);
  }

  private async remind(told: readonly Decided<'remind'>[]): Promise<void> {
    if (told.length === 0) return;
    const values = [...keys(told), told.map(({ write }) => write.number), told.map(({ now }) => now)];
    await this.session.write(statement('remind-approvals'), values);
  }

  private async escalate(told: readonly Decided<'escalate'>[]): Promise<void> {
    if (told.length === 0) return;
    const values = [...keys(told), told.map(({ write }) => JSON.stringify(write.to)), told.map(({ now }) => now)];
    await this.session.write(statement('escalate-approvals'), values);
  }

  private async end(ended: readonly (Decided<'expire'> | Decided<'close'>)[]): Promise<void> {
    if (ended.length === 0) return;
    await this.session.write(statement('end-approvals'), [
      ...keys(ended),
      ended.map(({ write }) => (write.kind === 'expire' ? 'expired' : 'closed')),
      ended.map(({ write }) => (write.kind === 'expire' && write.decision !== 'fail' ? write.decision : null)),
      ended.map(({ now }) => now),
    ]);
  }
}

/** A UUIDv7 like every other, so that lists can go by it; what is random elsewhere tells whom it is for. */
function approvalId({ run, now, write: { node, at, fence } }: ApprovalDecided): string {
  const time = Math.floor(now).toString(16).padStart(12, '0');
  const hash = createHash('sha256').update(`approval/${run}/${node}/${at}/${fence}`).digest('hex');
  const variant = '89ab'.charAt(Number.parseInt(hash.charAt(3), 16) % 4);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

const only = <K extends Kind>(decided: readonly ApprovalDecided[], kind: K): readonly Decided<K>[] =>
  decided.filter((each): each is Decided<K> => each.write.kind === kind);

function keys(decided: readonly ApprovalDecided[]): readonly [RunId[], number[], string[], Fence[]] {
  return [
    decided.map(({ run }) => run),
    decided.map(({ write }) => write.node),
    decided.map(({ write }) => write.at),
    decided.map(({ write }) => write.fence),
  ];
}

interface AnswerRow extends Row {
  readonly approval_id: string;
  readonly answered_by: string;
  readonly decision: 'approved' | 'rejected';
  readonly form: JsonText | null;
  readonly comment: string | null;
  readonly answered_at: number;
}

/** By approval, oldest first. */
export async function listAnswers(
  session: Session,
  approvals: readonly string[],
): Promise<ReadonlyMap<string, readonly ApprovalAnswer[]>> {
  const answers = new Map<string, ApprovalAnswer[]>();
  if (approvals.length === 0) return answers;
  for (const row of await session.run<AnswerRow>(statement('list-answers'), [approvals])) {
    const { answered_by: by, decision, comment, answered_at: at } = row;
    const said = answers.get(row.approval_id) ?? [];
    said.push({ by, decision, at, form: jsonOf(row.form), comment });
    answers.set(row.approval_id, said);
  }
  return answers;
}

function stateOf(answers: readonly ApprovalAnswer[]): ApprovalState {
  const last = answers.at(-1);
  if (last === undefined) return { kind: 'open' };
  return { kind: 'decided', last, approvals: answers.filter(({ decision }) => decision === 'approved') };
}
