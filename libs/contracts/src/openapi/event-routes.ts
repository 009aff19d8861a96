import type { EventView, SentEventAnswer } from '../http-shapes.js';
import { answer, PAGE, query, type Route } from './route.js';
import {
  ANYTHING,
  COUNT,
  component,
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

const tag = 'events';

const EVENT_OUTCOME = words<EventView['outcome']>({
  accepted: true,
  duplicate: true,
  unmatched: true,
  conflict: true,
  rejected: true,
});

export const CLOUD_EVENT_FIELDS: Readonly<Record<string, Schema>> = {
  specversion: { const: '1.0' },
  id: TEXT,
  source: TEXT,
  type: TEXT,
  subject: TEXT,
  time: INSTANT,
  datacontenttype: TEXT,
  data: ANYTHING,
};

export const CLOUD_EVENT: Schema = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: CLOUD_EVENT_FIELDS,
};

export const EVENT_SCHEMAS: Readonly<Record<string, Schema>> = {
  CloudEvent: said('CloudEvents 1.0; extension attributes are welcome.', CLOUD_EVENT),
  Event: said(
    'A trigger event, and what it did; or that one came again, under a source and id seen before: `duplicate`, or `conflict` with other content.',
    shape<EventView>({
      id: TEXT,
      source: TEXT,
      type: TEXT,
      subject: orNull(TEXT),
      outcome: EVENT_OUTCOME,
      results: ANYTHING,
      woken: COUNT,
      receivedAt: INSTANT,
      count: said('How often it came again with this outcome; 1 of an event itself.', ORDINAL),
      lastReceivedAt: INSTANT,
    }),
  ),
  SentEvent: shape<SentEventAnswer>({
    id: TEXT,
    outcome: words<SentEventAnswer['outcome']>({ accepted: true, duplicate: true }),
    woken: COUNT,
  }),
  AcceptedEvents: {
    type: 'object',
    required: ['results'],
    properties: {
      results: listOf({
        type: 'object',
        required: ['id', 'outcome', 'runs'],
        properties: {
          id: TEXT,
          outcome: EVENT_OUTCOME,
          runs: listOf({ type: 'object', required: ['workflow', 'id'], properties: { workflow: TEXT, id: ID } }),
          woken: said('How many waits it was told to; absent: none.', COUNT),
          reasons: listOf({
            type: 'object',
            required: ['workflow', 'outcome', 'reason'],
            properties: { workflow: TEXT, outcome: TEXT, reason: TEXT },
          }),
        },
      }),
    },
  },
};

export const EVENT_ROUTES: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/events',
    tag,
    summary: 'What each event did, newest first',
    parameters: [
      query('type', 'Only those of this type.'),
      query('outcome', 'Only those with this outcome.', EVENT_OUTCOME),
      ...PAGE,
    ],
    answers: { 200: answer('A page of events.', pageOf(component('Event'))) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/v1/events',
    tag,
    summary: 'Publish CloudEvents: structured, binary (`ce-` headers, the body, if any, is the data) or a batch of up to 1,000',
    body: {
      required: false,
      content: {
        'application/cloudevents+json': component('CloudEvent'),
        'application/cloudevents-batch+json': listOf(component('CloudEvent')),
        'application/json': said('A structured event, or the data of a binary one.', ANYTHING),
      },
    },
    answers: { 202: answer('All of them are durable.', component('AcceptedEvents')) },
    problems: [413, 422, 500],
  },
  {
    method: 'post',
    path: '/v1/hooks/{hook}',
    tag,
    summary: 'A webhook, let in by its signature; the path may have several segments',
    body: { required: true, content: { 'application/json': ANYTHING } },
    answers: { 202: answer('Durable.', component('AcceptedEvents')) },
    problems: [401, 404, 413, 422],
    open: true,
  },
];
