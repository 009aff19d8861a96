import type { Publisher } from '@reprise/broker';
import { type ApprovalView, type TopologyNames, toInbox } from '@reprise/contracts';
import type { AnswerApproval, Answered, ApprovalViews, NewAnswer } from '@reprise/ledger';
import { ProblemError } from '@reprise/service';
import { notFound } from '../requests/run-id.js';

export interface AnswerApprovalsOptions {
  readonly answers: AnswerApproval;
  readonly views: ApprovalViews;
  readonly publisher: Publisher;
  readonly names: TopologyNames;
}

/** Keeps what a person says to an approval, and tells its run once that has decided. */
export class AnswerApprovals {
  constructor(private readonly options: AnswerApprovalsOptions) {}

  /** The approval as it is then. @throws ProblemError why the answer does not count */
  async answer(id: string, said: NewAnswer): Promise<ApprovalView> {
    const { answers, views, publisher, names } = this.options;
    const answered = await answers.answer(id, said);
    if (answered.kind !== 'answered') throw problemOf(id, answered, said);
    // Not awaited: the notice tells the run too, and while the broker is away this would hold the answer back for nothing.
    if (answered.notice !== null) void publisher.publish([toInbox(names, [{ kind: 'wake', ...answered.notice }])]);
    const view = await views.find(id);
    if (view === null) throw noApproval(id);
    return view;
  }
}

export const noApproval = (id: string): ProblemError => notFound(`approval ${id.slice(0, 100)}`, 'approval_not_found');

type Refused = Exclude<Answered, { kind: 'answered' }>;

function problemOf(id: string, refused: Refused, { by }: NewAnswer): ProblemError {
  switch (refused.kind) {
    case 'unknown':
      return noApproval(id);
    case 'ended':
      return new ProblemError({ status: 409, code: 'approval_ended', detail: endOf(refused) });
    case 'twice': {
      const detail = `${by} has answered already: ${refused.decision} at ${timeOf(refused.at)}.`;
      return new ProblemError({ status: 409, code: 'answered_already', detail, hint: 'One answer a person counts.' });
    }
    case 'not-assigned':
      return new ProblemError({
        status: 403,
        code: 'not_assigned',
        detail: `${by} may not decide this: ${refused.assignees.join(', ')} may.`,
        hint: 'Send the token of somebody who may; who acts comes from the credentials.',
      });
    case 'requester':
      return new ProblemError({
        status: 403,
        code: 'four_eyes',
        detail: `${by} asks for this, so somebody else must approve it.`,
        hint: 'A rejection would withdraw it.',
      });
    case 'invalid':
      return new ProblemError({
        status: 422,
        code: 'invalid_form',
        detail: 'The form does not have the shape that is asked for.',
        errors: refused.problems.map(({ path, message }) => ({ path: path === '' ? 'form' : `form${dotted(path)}`, message })),
        hint: 'GET the approval: its `form` is the JSON Schema.',
      });
  }
}

function endOf({ state, decision, by, at }: Extract<Refused, { kind: 'ended' }>): string {
  if (state === 'decided') return `The approval has been decided already: ${by} has ${decision} it at ${timeOf(at)}.`;
  if (state === 'closed') return `The approval was closed at ${timeOf(at)}: its task ended without a decision.`;
  return `The approval expired at ${timeOf(at)}${decision === null ? '' : `: it counts as ${decision}`}.`;
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
const dotted = (path: string): string => (path.startsWith('[') ? path : `.${path}`);
