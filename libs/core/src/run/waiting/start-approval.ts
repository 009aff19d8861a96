import type { At } from '../../address.js';
import { fence as fenceOf } from '../../ids.js';
import type { ApprovalWork, Node } from '../../workflow/workflow.js';
import { endInstance, failedWith } from '../ending/end-instance.js';
import type { Evaluated } from '../expressions/evaluate.js';
import { renderAt } from '../expressions/evaluate.js';
import { refused, renderPeople } from '../expressions/render-people.js';
import type { ApprovalRequest } from '../state/approval.js';
import type { Draft } from '../state/draft.js';
import type { ApprovalTimes, TaskState } from '../state/task-state.js';
import { renderTimes } from './approval-times.js';
import { awaitAnswer } from './await-answer.js';

const MAX_SUBJECT_LENGTH = 1_000;

/** Asks people: the row waits for what they say, with an alarm for the next thing that happens if they say nothing. */
export function startApproval(draft: Draft, node: Node, work: ApprovalWork, blank: TaskState): void {
  const rendered = renderRequest(draft, node, work, blank.at);
  if (rendered.kind === 'error') return endInstance(draft, blank, failedWith(rendered.error));
  const { request, escalateTo, times } = rendered.value;
  const fence = fenceOf(blank.fence + 1);
  draft.approvals.push({ kind: 'request', node: node.index, at: blank.at, fence, ...request });
  const progress = { kind: 'approval', askedAt: draft.now, reminders: 0, escalateTo, times } as const;
  awaitAnswer(draft, work, { ...blank, status: 'waiting', startedAt: draft.now, fence, progress }, progress);
}

interface Rendered {
  readonly request: ApprovalRequest;
  readonly escalateTo: readonly string[] | null;
  readonly times: ApprovalTimes;
}

function renderRequest(draft: Draft, node: Node, work: ApprovalWork, at: At): Evaluated<Rendered> {
  const subject = renderAt(draft, node, at, work.subject);
  if (subject.kind === 'error') return subject;
  const assignees = renderPeople(draft, node, at, 'assignees', work.assignees);
  if (assignees.kind === 'error') return assignees;
  const added = renderPeople(draft, node, at, 'escalate.to', work.escalate?.to ?? null);
  if (added.kind === 'error') return added;
  const requester = renderPeople(draft, node, at, 'requester', work.requester);
  if (requester.kind === 'error') return requester;
  if (requester.value.length > 1) return refused(draft, node, at, 'has more than one requester');
  const times = renderTimes(draft, node, at, work);
  if (times.kind === 'error') return times;
  const { value } = subject.value;
  const { form, fourEyes, required } = work;
  const { expireMs } = times.value;
  const request: ApprovalRequest = {
    subject: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_SUBJECT_LENGTH),
    assignees: assignees.value,
    form,
    requester: work.requester === null ? draft.run.origin.startedBy : (requester.value[0] ?? null),
    fourEyes,
    required,
    expiresAt: expireMs === null ? null : draft.now + expireMs,
  };
  const fault = faultOf(request, added.value);
  if (fault !== null) return refused(draft, node, at, fault);
  return { kind: 'ok', value: { request, escalateTo: work.escalate === null ? null : added.value, times: times.value } };
}

/** What nobody could ever decide would wait for ever; where nobody knows who asks, one pair of eyes would do. */
function faultOf({ assignees, requester, fourEyes, required }: ApprovalRequest, added: readonly string[]): string | null {
  if (fourEyes && requester === null) return 'asks for four eyes, but nobody knows who asks: say `requester`';
  if (assignees.length === 0) return null;
  const people = [...new Set([...assignees, ...added])].filter((name) => !(fourEyes && name === requester));
  return people.length >= required ? null : `needs ${required} to approve, but only ${people.length} may`;
}
