import { checkInput, type Fence, type InputProblem, type Json, type JsonText, type RunId, type VersionId } from '@reprise/core';
import type { Database } from '../connection/database.js';
import { jsonOf } from '../connection/row-values.js';
import type { Row, Session } from '../connection/session.js';
import { statement } from '../connection/statement.js';
import { listAnswers } from '../runs/approval-store.js';
import { type Notice, NoticeStore } from '../runs/notice-store.js';

export interface NewAnswer {
  readonly by: string;
  readonly decision: 'approved' | 'rejected';
  readonly form: Json;
  readonly comment: string | null;
}

/** What came of an answer. */
export type Answered =
  /** `notice`: who is to be woken, once it has decided. */
  | { readonly kind: 'answered'; readonly notice: Notice | null }
  | { readonly kind: 'unknown' }
  /** Somebody was faster, or nobody is asked any more. `by` and `decision` null: nobody decided. */
  | {
      readonly kind: 'ended';
      readonly state: 'decided' | 'expired' | 'closed';
      readonly decision: string | null;
      readonly by: string | null;
      readonly at: number;
    }
  | { readonly kind: 'not-assigned'; readonly assignees: readonly string[] }
  /** Whoever asks may not approve. */
  | { readonly kind: 'requester' }
  | { readonly kind: 'twice'; readonly decision: string; readonly at: number }
  | { readonly kind: 'invalid'; readonly problems: readonly InputProblem[] };

interface LockedRow extends Row {
  readonly id: string;
  readonly run_id: RunId;
  readonly node: number;
  readonly at: string;
  readonly fence: Fence;
  readonly version: VersionId;
  readonly assignees: readonly string[];
  readonly form: JsonText | null;
  readonly requester: string | null;
  readonly four_eyes: boolean;
  readonly required: number;
  readonly state: 'open' | 'decided' | 'expired' | 'closed';
  readonly decision: string | null;
  readonly decided_by: string | null;
  readonly ended_at: number | null;
}

/**
 * One person's answer, in one transaction that holds the approval: of two that come together the second sees what the first has done.
 * What decides leaves a notice, so that its run hears of it whatever becomes of the message that follows.
 */
export class AnswerApproval {
  constructor(private readonly database: Database) {}

  answer(id: string, said: NewAnswer): Promise<Answered> {
    return this.database.transaction(async (session) => {
      const [row] = await session.run<LockedRow>(statement('lock-approval'), [id]);
      if (row === undefined) return { kind: 'unknown' };
      const filled = filledIn(row, said);
      return refusalOf(row, filled) ?? (await record(session, row, filled));
    });
  }
}

/** Where a form is asked for, none is an empty one; who rejects need not fill it in. */
const filledIn = (row: LockedRow, said: NewAnswer): NewAnswer =>
  row.form !== null && said.form === null && said.decision === 'approved' ? { ...said, form: {} } : said;

/** Why this answer counts for nothing, as far as the approval's own row tells. */
function refusalOf(row: LockedRow, { by, decision, form }: NewAnswer): Answered | null {
  if (row.state !== 'open')
    return { kind: 'ended', state: row.state, decision: row.decision, by: row.decided_by, at: row.ended_at ?? 0 };
  if (row.assignees.length > 0 && !row.assignees.includes(by)) return { kind: 'not-assigned', assignees: row.assignees };
  if (row.four_eyes && decision === 'approved' && by === row.requester) return { kind: 'requester' };
  if (row.form === null || form === null) return null;
  const problems = checkInput(jsonOf(row.form), form);
  return problems.length === 0 ? null : { kind: 'invalid', problems };
}

async function record(session: Session, row: LockedRow, { by, decision, form, comment }: NewAnswer): Promise<Answered> {
  const text = form === null ? null : JSON.stringify(form);
  const [inserted] = await session.run<{ answered_by: string }>(statement('insert-answer'), [
    row.id,
    by,
    decision,
    text,
    comment,
  ]);
  const answers = (await listAnswers(session, [row.id])).get(row.id) ?? [];
  if (inserted === undefined) {
    const before = answers.find((answer) => answer.by === by);
    return { kind: 'twice', decision: before?.decision ?? decision, at: before?.at ?? 0 };
  }
  const approvals = answers.filter((answer) => answer.decision === 'approved').length;
  if (decision === 'approved' && approvals < row.required) return { kind: 'answered', notice: null };
  await session.write(statement('decide-approval'), [row.id, by]);
  const { run_id: run, version, node, at, fence } = row;
  const notice = { run, version, node, at, fence };
  await new NoticeStore(session).insert([notice]);
  return { kind: 'answered', notice };
}
