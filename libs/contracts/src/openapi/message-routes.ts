import type { DeadLetterState, DeadLetterView } from '../dead-letter-shapes.js';
import type { LaneView, QueueView } from '../queue-shapes.js';
import { answer, fields, json, PAGE, query, REASON, type Route } from './route.js';
import { COUNT, component, ID, INSTANT, listOf, orNull, pageOf, type Schema, said, shape, TEXT, words } from './schema.js';

const tag = 'operations';

const LETTER_STATE = words<DeadLetterState>({ open: true, redriving: true, redriven: true, discarded: true });

/** What waits at the broker, and what nobody could handle. */
export const MESSAGE_SCHEMAS: Readonly<Record<string, Schema>> = {
  Queue: shape<QueueView>({
    name: TEXT,
    depth: said('Messages waiting in all lanes; null: the broker cannot be asked.', orNull(COUNT)),
    oldestAgeSeconds: orNull({ type: 'number', minimum: 0 }),
    executors: COUNT,
    lanes: listOf(
      shape<LaneView>({
        lane: words<LaneView['lane']>({ high: true, normal: true, retry: true, low: true }),
        depth: orNull(COUNT),
        oldestAgeSeconds: orNull({ type: 'number', minimum: 0 }),
        executors: COUNT,
      }),
    ),
    paused: said(
      'Since when, by whom and why executors take nothing from it; null: they do.',
      orNull({
        type: 'object',
        required: ['at', 'by', 'reason'],
        properties: { at: INSTANT, by: TEXT, reason: orNull(TEXT) },
      }),
    ),
  }),
  DeadLetter: said(
    'A message that nobody could handle, and what became of it.',
    shape<DeadLetterView>({
      id: ID,
      queue: said('Where it was found.', TEXT),
      reason: TEXT,
      state: LETTER_STATE,
      origin: said(
        'Where a redrive sends it; null: it can only be discarded.',
        orNull({ type: 'object', required: ['exchange', 'routingKey'], properties: { exchange: TEXT, routingKey: TEXT } }),
      ),
      body: { type: 'object', properties: { text: TEXT, base64: TEXT } },
      properties: { type: 'object', additionalProperties: true },
      receivedAt: INSTANT,
      redriveOf: said('The letter that this message had been before it was sent again.', orNull(ID)),
      redrives: said('How often it had been sent again.', COUNT),
      askedBy: orNull(TEXT),
      askedAt: orNull(INSTANT),
      discardReason: orNull(TEXT),
      lastError: said('Why its last redrive came to nothing.', orNull(TEXT)),
      settledAt: orNull(INSTANT),
    }),
  ),
};

const DEAD_LETTERS: readonly Route[] = [
  {
    method: 'get',
    path: '/v1/dead-letters',
    tag,
    summary: 'Messages that nobody could handle, newest first',
    parameters: [query('state', 'Default: those that wait for a decision.', LETTER_STATE), ...PAGE],
    answers: { 200: answer('A page of them.', pageOf(component('DeadLetter'))) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/v1/dead-letters/{id}/redrive',
    tag,
    summary: 'Send a dead letter again to where it came from',
    answers: {
      200: answer('The broker has it.', component('DeadLetter')),
      202: answer('It is decided; the broker has not confirmed it yet, and it is sent until it does.', component('DeadLetter')),
    },
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/v1/dead-letters/{id}/discard',
    tag,
    summary: 'Settle a dead letter without sending it',
    body: json(fields({ reason: REASON }), false),
    answers: { 200: answer('The letter, discarded.', component('DeadLetter')) },
    problems: [404, 409, 422],
  },
];

export const MESSAGE_ROUTES: readonly Route[] = [
  ...DEAD_LETTERS,
  {
    method: 'get',
    path: '/v1/queues',
    tag,
    summary: 'Task queues, by name',
    parameters: PAGE,
    answers: { 200: answer('A page of queues.', pageOf(component('Queue'))) },
    problems: [400],
  },
  {
    method: 'post',
    path: '/v1/queues/{name}/pause',
    tag,
    summary: 'Let executors take nothing from a queue',
    body: json(fields({ reason: REASON }), false),
    answers: { 200: answer('The queue, paused.', component('Queue')) },
    problems: [409, 422],
  },
  {
    method: 'post',
    path: '/v1/queues/{name}/resume',
    tag,
    summary: 'Go on with a queue',
    answers: { 200: answer('The queue, not paused any more.', component('Queue')) },
    problems: [409, 422],
  },
];
