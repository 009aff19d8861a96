import type { Message, TaskNews } from '@reprise/core';
import type { ApprovalNews } from '../approval-event.js';
import { CLOUD_EVENT, CLOUD_EVENT_FIELDS } from '../openapi/event-routes.js';
import { RUN_STATUS } from '../openapi/run-schemas.js';
import {
  ANYTHING,
  COUNT,
  component,
  ID,
  INSTANT,
  listOf,
  ORDINAL,
  orNull,
  type Schema,
  said,
  shape,
  TEXT,
  TEXTS,
  words,
} from '../openapi/schema.js';
import type { TaskEvent } from '../task-event.js';

/** A run that waits, or that runs, is no news of its own: it is told as `started` or `resumed`. */
type RunNews = Exclude<Extract<Message, { kind: 'announce' }>['status'], 'queued' | 'running'>;

/** What a run that is followed may become. */
export const RUN_NEWS = {
  started: true,
  paused: true,
  resumed: true,
  succeeded: true,
  failed: true,
  cancelled: true,
} as const satisfies Readonly<Record<RunNews, true>>;

/** What tells a start is not kept anywhere: it is lost with a process that dies between the commit and the publishing. */
export const RUNS_TOLD = 'Ends, pauses and resumptions at least once, `started` best effort; ids are stable.';

export const TASK_NEWS = {
  started: true,
  retrying: true,
  succeeded: true,
  failed: true,
  parked: true,
  skipped: true,
} as const satisfies Readonly<Record<TaskNews, true>>;

export const APPROVAL_NEWS = {
  requested: true,
  reminded: true,
  escalated: true,
  decided: true,
  expired: true,
  closed: true,
} as const satisfies Readonly<Record<ApprovalNews['kind'], true>>;

/** A CloudEvent of ours: its attributes are all there. */
const event = (type: Schema, data: Schema): Schema => ({
  type: 'object',
  required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
  properties: {
    specversion: { const: '1.0' },
    id: said('The same however often it is told.', TEXT),
    source: said('`reprise/WORKFLOW`', TEXT),
    type,
    subject: ID,
    time: INSTANT,
    datacontenttype: { const: 'application/json' },
    data,
  },
});

const typesOf = (about: string, news: Readonly<Record<string, true>>): Schema => ({
  enum: Object.keys(news).map((each) => `${about}.${each}`),
});

type TaskData = Pick<TaskEvent, 'run' | 'workflow' | 'task' | 'attempt' | 'executor' | 'error' | 'nextRetryAt'>;

type ApprovalData = Pick<
  ApprovalNews,
  'approval' | 'workflow' | 'run' | 'task' | 'subject' | 'assignees' | 'requester' | 'required' | 'form' | 'expiresAt'
> & { readonly reminder: number; readonly decision: string; readonly by: string; readonly comment: string; readonly to: unknown };

const RUN_DATA: Schema = {
  type: 'object',
  required: ['run', 'workflow', 'status', 'labels', 'error'],
  properties: { run: ID, workflow: TEXT, status: RUN_STATUS, labels: TEXTS, error: orNull(component('TaskError')) },
};

export const LIFECYCLE_SCHEMAS: Readonly<Record<string, Schema>> = {
  CloudEvent: said('CloudEvents 1.0; extension attributes are welcome.', CLOUD_EVENT),
  EmittedEvent: {
    ...CLOUD_EVENT,
    required: ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'reprisehop', 'data'],
    properties: {
      ...CLOUD_EVENT_FIELDS,
      reprisehop: said('How many emitted events led to it, this one included.', COUNT),
    },
  },
  RunEvent: event(typesOf('run', RUN_NEWS), RUN_DATA),
  ProbeEvent: event(typesOf('probe', RUN_NEWS), RUN_DATA),
  TaskEvent: event(
    typesOf('task', TASK_NEWS),
    shape<TaskData>({
      run: ID,
      workflow: TEXT,
      task: said('Path of the task: `page[3].charge`.', TEXT),
      attempt: said('The attempt that it is about; 0: the task is never attempted.', COUNT),
      executor: orNull(TEXT),
      error: orNull(component('TaskError')),
      nextRetryAt: said('Of `retrying`; null: at once.', orNull(INSTANT)),
    }),
  ),
  ApprovalEvent: event(
    typesOf('approval', APPROVAL_NEWS),
    shape<ApprovalData>(
      {
        approval: ID,
        workflow: TEXT,
        run: ID,
        task: said('Path of the task.', TEXT),
        subject: TEXT,
        assignees: said('Who may decide by now; empty: anybody.', listOf(TEXT)),
        requester: orNull(TEXT),
        required: ORDINAL,
        form: said('JSON Schema of an answer’s `form`; null: anything.', ANYTHING),
        expiresAt: orNull(INSTANT),
        reminder: said('Of a reminder: which.', ORDINAL),
        decision: orNull(words<'approved' | 'rejected'>({ approved: true, rejected: true })),
        by: orNull(TEXT),
        comment: orNull(TEXT),
        to: ANYTHING,
      },
      ['reminder', 'decision', 'by', 'comment', 'to'],
    ),
  ),
};
