import { answer, fields, IDEMPOTENCY_KEY, json, PAGE, query, REASON, type Route } from './route.js';
import { component, FLAG, ID, ORDINAL, pageOf, type Schema, said, TEXT } from './schema.js';

const tag = 'schedules';
const ONE = '/v1/schedules/{workflow}/{schedule}';

const PREVIEW = [
  query('count', 'How many instants.', { ...ORDINAL, maximum: 1_000, default: 10 }),
  query('from', 'The first may not be earlier; default: now.'),
];
const INSTANTS: Route['answers'] = { 200: answer('The next instants.', pageOf(component('ScheduleInstant'))) };
const SHOWN: Route['answers'] = { 200: answer('The schedule after that.', component('Schedule')) };
const FIRED: Schema = { type: 'object', required: ['id', 'outcome'], properties: { id: ID, outcome: TEXT } };

export const SCHEDULE_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/schedules',
    tag,
    summary: 'Schedules of workflows that may start, by name',
    parameters: [query('workflow', 'Only those of this workflow.'), ...PAGE],
    answers: { 200: answer('A page of schedules.', pageOf(component('Schedule'))) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/v1/schedules/preview',
    tag,
    summary: 'The instants of a schedule that is not registered',
    parameters: PREVIEW,
    body: json(said('What stands below `schedule:` in a document.', { type: 'object' })),
    answers: INSTANTS,
    problems: [400, 422],
  },
  {
    method: 'get',
    path: ONE,
    tag,
    summary: 'One schedule',
    answers: { 200: answer('The schedule.', component('Schedule')) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: `${ONE}/preview`,
    tag,
    summary: 'The next instants of a schedule',
    parameters: PREVIEW,
    answers: INSTANTS,
    problems: [400, 404],
  },
  {
    method: 'post',
    path: `${ONE}/pause`,
    tag,
    summary: 'Let a schedule start nothing until it is resumed',
    body: json(fields({ reason: REASON }), false),
    answers: SHOWN,
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: `${ONE}/resume`,
    tag,
    summary: 'Go on with the first instant to come',
    answers: SHOWN,
    problems: [404, 409, 422],
  },
  {
    method: 'post',
    path: `${ONE}/trigger`,
    tag,
    summary: 'Fire now, besides its times',
    parameters: [IDEMPOTENCY_KEY],
    answers: { 200: answer('This key has started it before.', FIRED), 202: answer('Started.', FIRED) },
    problems: [404, 422],
  },
  {
    method: 'post',
    path: `${ONE}/backfill`,
    tag,
    summary: 'Ask for the runs of instants that have passed',
    body: json(
      fields(
        {
          from: said('The first instant.', TEXT),
          to: said('The last instant.', TEXT),
          parallel: said('How many of its runs may be open at a time.', { ...ORDINAL, maximum: 1_000, default: 1 }),
          rate: said('At most so many starts in a second, minute or hour: `10/s`, `30/m`, `100/h`.', TEXT),
          rerun: said('Instants that have a run already get another one.', FLAG),
          dryRun: said('Only tell what it would do.', FLAG),
        },
        ['from', 'to'],
      ),
    ),
    answers: {
      200: answer('What it would do.', component('Backfill')),
      202: answer('Begun.', component('Backfill')),
    },
    problems: [404, 422],
  },
  {
    method: 'get',
    path: `${ONE}/backfills`,
    tag,
    summary: 'Backfills of a schedule, newest first',
    parameters: PAGE,
    answers: { 200: answer('A page of backfills.', pageOf(component('Backfill'))) },
    problems: [400, 404],
  },
  {
    method: 'get',
    path: `${ONE}/backfills/{backfill}`,
    tag,
    summary: 'How far a backfill has come',
    answers: { 200: answer('The backfill.', component('Backfill')) },
    problems: [400, 404],
  },
  {
    method: 'post',
    path: `${ONE}/backfills/{backfill}/cancel`,
    tag,
    summary: 'Start nothing more of a backfill; its open runs go on',
    answers: { 200: answer('The backfill after that.', component('Backfill')) },
    problems: [404, 409, 422],
  },
];
