import type { ApprovalAnswerView, ApprovalView } from '../approval-shapes.js';
import { answer, fields, json, PAGE, query, type Route } from './route.js';
import {
  ANYTHING,
  component,
  FLAG,
  ID,
  INSTANT,
  listOf,
  ORDINAL,
  orNull,
  pageOf,
  type Schema,
  said,
  shape,
  TEXT,
  words,
} from './schema.js';

const tag = 'approvals';

const DECISION = words<ApprovalAnswerView['decision']>({ approved: true, rejected: true });
const STATE = words<ApprovalView['state']>({ open: true, decided: true, expired: true, closed: true });

export const APPROVAL_SCHEMAS: Readonly<Record<string, Schema>> = {
  Approval: said(
    'What people are asked, and what they have said.',
    shape<ApprovalView>({
      id: ID,
      run: ID,
      workflow: TEXT,
      task: said('Path of the task.', TEXT),
      subject: TEXT,
      state: said('`expired`: nobody decided in time. `closed`: the task ended without a decision.', STATE),
      assignees: said('Who may decide, in lower case; empty: anybody.', listOf(TEXT)),
      required: said('How many must approve; one rejection decides.', ORDINAL),
      requester: orNull(TEXT),
      fourEyes: said('The requester may not approve.', FLAG),
      form: said('JSON Schema of an answer’s `form`; null: anything.', ANYTHING),
      decision: orNull(DECISION),
      decidedBy: orNull(TEXT),
      requestedAt: INSTANT,
      expiresAt: orNull(INSTANT),
      endedAt: orNull(INSTANT),
      answers: listOf(
        shape<ApprovalAnswerView>({ by: TEXT, decision: DECISION, at: INSTANT, form: ANYTHING, comment: orNull(TEXT) }),
      ),
    }),
  ),
};

export const APPROVAL_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/approvals',
    tag,
    summary: 'What people are asked',
    parameters: [
      query('state', 'Only those in this state.', STATE),
      query('assignee', 'Only those that this person may decide.'),
      query('workflow', 'Only those of runs of this workflow.'),
      query('run', 'Only those of this run.', ID),
      ...PAGE,
    ],
    answers: { 200: answer('A page of approvals.', pageOf(component('Approval'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/approvals/{id}',
    tag,
    summary: 'One approval, with its answers',
    answers: { 200: answer('The approval.', component('Approval')) },
    problems: [404],
  },
  {
    method: 'post',
    path: '/v1/approvals/{id}',
    tag,
    summary: 'Approve or reject; who answers is told by the credentials',
    body: json(
      fields(
        {
          decision: DECISION,
          form: said('As the approval’s own schema asks for.', ANYTHING),
          comment: { type: ['string', 'null'], maxLength: 1_000 },
        },
        ['decision'],
      ),
    ),
    answers: { 200: answer('The approval after this answer.', component('Approval')) },
    problems: [403, 404, 409, 422],
  },
];
