import { answer, fields, IDEMPOTENCY_KEY, json, PAGE, query, REASON, type Route } from './route.js';
import { RUN_STATUS, TASK_STATUS } from './run-schemas.js';
import { ANYTHING, COUNT, component, FLAG, ID, object, pageOf, type Schema, said, TEXT, TEXTS } from './schema.js';

const tag = 'runs';

const APPLIED = said('false: it is kept and will be carried out, but no scheduler has come to it yet.', FLAG);
const COMMAND = object({ id: ID, status: RUN_STATUS, applied: APPLIED });
const FINDINGS: Schema = {
  type: 'array',
  items: fields({ name: TEXT, happened: FLAG, result: said('What its work is taken to have returned.', ANYTHING) }, [
    'name',
    'happened',
  ]),
};
const TASK_COMMAND = object({ id: ID, task: TEXT, status: TASK_STATUS, applied: APPLIED });

const carriedOut = (schema: Schema): Route['answers'] => ({
  200: answer('Carried out.', schema),
  202: answer('Kept: no scheduler has come to it yet.', schema),
});

const VIEWS: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/runs',
    tag,
    summary: 'Runs, newest first',
    parameters: [
      query('status', 'Only those in this status.', RUN_STATUS),
      query('workflow', 'Only those of this workflow. Probes of polls (`WORKFLOW.poll.ID`) are listed only so.'),
      // Form style writes each field as a parameter of its own: `?label.team=red`.
      query('labels', 'Only those with these labels: `label.team=red`.', {
        ...TEXTS,
        propertyNames: { pattern: '^label\\.' },
        example: { 'label.team': 'red' },
      }),
      query('since', 'Only those created at or after this date or time.'),
      query('until', 'Only those created before this date or time.'),
      query('parent', 'Only those that this run has started.', ID),
      query('q', 'Beginning of an id or of a business key, or part of a workflow’s name.'),
      ...PAGE,
    ],
    answers: { 200: answer('A page of runs.', pageOf(component('RunSummary'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}',
    tag,
    summary: 'A run with its tasks and their attempts',
    parameters: [query('tasks', 'How many tasks to show.', { ...COUNT, maximum: 500, default: 500 })],
    answers: { 200: answer('The run.', component('Run')) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}/tasks',
    tag,
    summary: 'Tasks of a run, in the order of its document',
    parameters: PAGE,
    answers: { 200: answer('A page of tasks.', pageOf(component('Task'))) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}/history',
    tag,
    summary: 'Every fact of a run, in order',
    parameters: PAGE,
    answers: { 200: answer('A page of facts.', pageOf(component('HistoryFact'))) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}/tasks/{path}',
    tag,
    summary: 'One task, with its input',
    answers: { 200: answer('The task.', component('TaskDetail')) },
    problems: [404],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}/tasks/{path}/attempts',
    tag,
    summary: 'All attempts of a task',
    parameters: PAGE,
    answers: { 200: answer('A page of attempts.', pageOf(component('Attempt'))) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: '/v1/runs/{id}/tasks/{path}/attempts/{number}/log',
    tag,
    summary: 'What an attempt has written',
    answers: { 200: answer('All that is kept of it.', component('AttemptLog')) },
    problems: [404],
  },
];

const COMMANDS: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/runs/{id}/cancel',
    tag,
    summary: 'Ask a run to end; it is cancelled when what runs has ended',
    body: json(fields({ reason: REASON }), false),
    answers: {
      202: answer('Asked.', object({ id: ID, status: RUN_STATUS, applied: APPLIED, cancelling: { const: true } })),
    },
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/pause',
    tag,
    summary: 'Start nothing more until it is resumed',
    answers: carriedOut(COMMAND),
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/resume',
    tag,
    summary: 'Go on with a paused run',
    answers: carriedOut(COMMAND),
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/retry',
    tag,
    summary: 'Take a failed run up again, from what failed',
    answers: { 202: answer('Asked.', COMMAND) },
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/rerun',
    tag,
    summary: 'A new run with the input of an earlier one',
    parameters: [IDEMPOTENCY_KEY],
    body: json(
      fields({
        version: said('A version, or `latest`; default: that of the earlier run.', { type: ['string', 'integer', 'null'] }),
        from: said('The task to begin with; outputs of what does not follow on it are reused.', { type: ['string', 'null'] }),
      }),
      false,
    ),
    answers: {
      200: answer('This key has started it before.', component('StartedRun')),
      202: answer('Started.', component('StartedRun')),
    },
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/events',
    tag,
    summary: 'Send an event to this run alone',
    body: json(fields({ type: TEXT, data: ANYTHING, id: TEXT, subject: TEXT, source: TEXT }, ['type'])),
    answers: { 202: answer('Kept for the run.', component('SentEvent')) },
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/tasks/{path}/retry-now',
    tag,
    summary: 'Start the next attempt of a task at once',
    answers: carriedOut(TASK_COMMAND),
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/tasks/{path}/resolve',
    tag,
    summary: 'Say what has become of a parked task',
    body: json(
      fields(
        {
          outcome: { enum: ['succeeded', 'failed', 'retry'] },
          output: said('What it answers from now on; only with `succeeded`.', ANYTHING),
          reason: REASON,
          effects: said(
            'What is known by now of its effects in doubt; with `retry`, those that are not named have not happened.',
            FINDINGS,
          ),
        },
        ['outcome'],
      ),
    ),
    answers: carriedOut(TASK_COMMAND),
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: '/v1/runs/{id}/tasks/{path}/settle',
    tag,
    summary: 'Say what has become of effects that an ended task has left in doubt',
    body: json(fields({ effects: said('At least one.', FINDINGS), reason: REASON }, ['effects'])),
    answers: carriedOut(TASK_COMMAND),
    problems: [404, 409, 422],
  },
];

export const RUN_ROUTES: readonly Route[] = [...VIEWS, ...COMMANDS];
