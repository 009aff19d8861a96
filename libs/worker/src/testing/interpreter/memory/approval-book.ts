import {
  type Address,
  type ApprovalAnswer,
  type ApprovalState,
  type ApprovalWrite,
  type At,
  type Fence,
  type Json,
  keyOf,
  type TaskKey,
} from '@reprise/core';
import { LawBroken } from '../law-broken.js';

type Request = Extract<ApprovalWrite, { kind: 'request' }>;

/** An approval's row and its answers. */
export interface ApprovalRow {
  readonly request: Request;
  readonly assignees: readonly string[];
  readonly state: 'open' | 'decided' | 'expired' | 'closed';
  readonly reminders: number;
  readonly answers: readonly ApprovalAnswer[];
}

/** What one person says. */
export interface PersonAnswer {
  readonly by: string;
  readonly decision: 'approved' | 'rejected';
  readonly form?: Json;
  readonly comment?: string;
}

export type Answered = 'decided' | 'open' | 'too-late' | 'not-allowed' | 'twice';

/** The approvals of one run, as the database keeps them. */
export class ApprovalBook {
  private readonly rows = new Map<TaskKey, ApprovalRow>();

  get all(): ReadonlyMap<TaskKey, ApprovalRow> {
    return this.rows;
  }

  find(node: number, at: At): ApprovalRow | null {
    return this.rows.get(keyOf(node, at)) ?? null;
  }

  state(node: number, at: At): ApprovalState | null {
    const row = this.find(node, at);
    if (row === null) return null;
    const last = row.answers.at(-1);
    if (row.state !== 'decided' || last === undefined) return { kind: 'open' };
    return { kind: 'decided', last, approvals: row.answers.filter(({ decision }) => decision === 'approved') };
  }

  commit(writes: readonly ApprovalWrite[]): void {
    for (const write of writes) {
      const key = keyOf(write.node, write.at);
      const row = this.rows.get(key);
      if (write.kind === 'request') {
        if (row !== undefined && row.request.fence >= write.fence) throw new LawBroken(`people are asked twice about ${key}`);
        this.rows.set(key, { request: write, assignees: write.assignees, state: 'open', reminders: 0, answers: [] });
      } else if (row === undefined || row.request.fence !== write.fence) {
        throw new LawBroken(`${write.kind} of an approval that nobody was asked for: ${key}`);
      } else this.rows.set(key, after(row, write));
    }
  }

  /** The first that decides wins; whoever comes later is told so. */
  answer(task: Address & { readonly fence: Fence }, said: PersonAnswer, at: number): Answered {
    const row = this.find(task.node, task.at);
    if (row === null || row.request.fence !== task.fence || row.state !== 'open') return 'too-late';
    const { requester, fourEyes, required } = row.request;
    const { by, decision, form = null, comment = null } = said;
    if (row.assignees.length > 0 && !row.assignees.includes(by)) return 'not-allowed';
    if (fourEyes && decision === 'approved' && by === requester) return 'not-allowed';
    if (row.answers.some((answer) => answer.by === by)) return 'twice';
    const answers = [...row.answers, { by, decision, at, form, comment }];
    const decides = decision === 'rejected' || answers.length >= required;
    this.rows.set(keyOf(task.node, task.at), { ...row, answers, state: decides ? 'decided' : 'open' });
    return decides ? 'decided' : 'open';
  }
}

function after(row: ApprovalRow, write: Exclude<ApprovalWrite, Request>): ApprovalRow {
  const key = keyOf(write.node, write.at);
  if (write.kind !== 'close' && row.state !== 'open')
    throw new LawBroken(`${write.kind} of an approval that is ${row.state}: ${key}`);
  switch (write.kind) {
    case 'remind':
      if (write.number <= row.reminders) throw new LawBroken(`reminder ${write.number} follows on ${row.reminders}: ${key}`);
      return { ...row, reminders: write.number };
    case 'escalate':
      // Where anybody may decide, there is nobody to add.
      return row.assignees.length === 0 ? row : { ...row, assignees: [...new Set([...row.assignees, ...write.to])] };
    case 'expire':
      return { ...row, state: 'expired' };
    case 'close':
      return row.state === 'open' ? { ...row, state: 'closed' } : row;
  }
}
