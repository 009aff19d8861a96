import type { BatchAction, BatchCount, BatchView } from '../batch-shapes.js';
import type { KeyView } from '../http-shapes.js';
import type { ExecutorView } from '../queue-shapes.js';
import { answer, fields, json, PAGE, query, REASON, type Route } from './route.js';
import { RUN_STATUS } from './run-schemas.js';
import {
  ANYTHING,
  COUNT,
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
  TEXTS,
  words,
} from './schema.js';

const tag = 'operations';

const ACTION = words<BatchAction>({ cancel: true, retry: true, rerun: true, pause: true, resume: true });

const COUNTED = shape<BatchCount>({ count: COUNT, reasons: { type: 'object', additionalProperties: COUNT } });

export const OPERATION_SCHEMAS: Readonly<Record<string, Schema>> = {
  Key: said(
    'Who owns a business key.',
    shape<KeyView>({
      scope: words<KeyView['scope']>({ call: true, run: true }),
      name: said('The call or the workflow.', TEXT),
      key: TEXT,
      state: words<KeyView['state']>({ open: true, succeeded: true }),
      run: ID,
      fingerprint: TEXT,
      result: ANYTHING,
      createdAt: INSTANT,
      expiresAt: orNull(INSTANT),
    }),
  ),
  Executor: said(
    'A process that hosts handlers, as it has last told of itself.',
    shape<ExecutorView>({
      id: TEXT,
      queues: listOf(TEXT),
      handlers: listOf(TEXT),
      concurrency: said('Attempts at the same time.', orNull({ type: 'number' })),
      busy: said('Slots in use; null: it does not tell.', orNull(COUNT)),
      free: orNull(COUNT),
      version: orNull(TEXT),
      startedAt: INSTANT,
      lastSeenAt: INSTANT,
      leaseUntil: INSTANT,
    }),
  ),
  Batch: said(
    'Something asked of many runs, and how far that has come.',
    shape<BatchView>({
      id: ID,
      action: ACTION,
      filter: shape<BatchView['filter']>({
        status: orNull(RUN_STATUS),
        workflow: orNull(TEXT),
        label: orNull(TEXTS),
        since: orNull(INSTANT),
        until: orNull(INSTANT),
        q: orNull(TEXT),
      }),
      rate: said('Runs of a second.', ORDINAL),
      state: words<BatchView['state']>({ running: true, done: true, cancelled: true }),
      matched: COUNT,
      left: COUNT,
      done: COUNT,
      skipped: said('Those that were not in a state for it.', COUNTED),
      failed: said('Those to which it was refused.', COUNTED),
      reason: orNull(TEXT),
      askedBy: orNull(TEXT),
      createdAt: INSTANT,
      endedAt: orNull(INSTANT),
    }),
  ),
};

const BATCHES: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/batches',
    tag,
    summary: 'Ask the same of many runs',
    body: json(
      fields(
        {
          action: ACTION,
          filter: component('RunFilter'),
          rate: said('Runs of a second.', { ...ORDINAL, maximum: 500, default: 50 }),
          dryRun: said('Only count.', FLAG),
          reason: REASON,
        },
        ['action', 'filter'],
      ),
    ),
    answers: {
      200: answer('How many runs it would be.', { type: 'object', required: ['count'], properties: { count: COUNT } }),
      202: answer('Begun; `Location` tells where to see how far it has come.', {
        type: 'object',
        required: ['id', 'count'],
        properties: { id: ID, count: COUNT },
      }),
    },
    problems: [422],
  },
  {
    method: 'get',
    path: '/v1/batches',
    tag,
    summary: 'Batches, newest first',
    parameters: PAGE,
    answers: { 200: answer('A page of batches.', pageOf(component('Batch'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/batches/{id}',
    tag,
    summary: 'How far a batch has come',
    answers: { 200: answer('The batch.', component('Batch')) },
    problems: [404],
  },
  {
    method: 'post',
    path: '/v1/batches/{id}/cancel',
    tag,
    summary: 'Ask nothing more of further runs',
    answers: { 200: answer('The batch after that.', component('Batch')) },
    problems: [404, 409],
  },
];

export const OPERATION_ROUTES: readonly Route[] = [
  ...BATCHES,
  {
    method: 'get',
    path: '/v1/ledger',
    tag,
    summary: 'Who owns a business key',
    parameters: [{ ...query('key', 'The key.'), required: true }, ...PAGE],
    answers: { 200: answer('A page of its owners.', pageOf(component('Key'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/executors',
    tag,
    summary: 'Executors that live, by id',
    parameters: PAGE,
    answers: { 200: answer('A page of executors.', pageOf(component('Executor'))) },
    problems: [400],
  },
  {
    method: 'get',
    path: '/v1/stream',
    tag,
    summary: 'What happens to runs, as server-sent events',
    parameters: [
      query('run', 'Only this run; the first event is then `snapshot`, its state.'),
      query('workflow', 'Only runs of this workflow.'),
      query('status', 'Only changes to this status, or this kind of change: `failed`, `started`.'),
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Where an earlier stream ended. What is not known any more is told by an event `lagged`.',
        schema: TEXT,
      },
    ],
    answers: {
      200: { description: 'Events until one of both sides closes.', schema: TEXT, mediaType: 'text/event-stream' },
    },
    problems: [400, 404],
  },
];
