import type { Outcome } from '@reprise/core';
import { type GrantedAttempt, REFUSALS, type RefusedAttempt } from '../gate-answer.js';
import type { GateRequestOf, HeldAttempt, ReadQueue } from '../gate-request.js';
import { ANYTHING, COUNT, component, ID, listOf, ORDINAL, orNull, type Schema, said, shape, TEXT } from '../openapi/schema.js';
import { AT, FENCE, HANDLER_RETRY, kind, VERSION } from './attempt-schemas.js';

type Ended<Kind extends Outcome['kind']> = Extract<Outcome, { readonly kind: Kind }>;

const WORKER: Schema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,199}$' };
const MILLISECONDS = said('Epoch milliseconds, by the database’s clock.', { type: 'number', minimum: 0 });
const HELD = { run: ID, node: COUNT, at: AT, fence: FENCE, claim: ID };
const VERSION_ID = said('Id of the version of the workflow.', ID);

/** With the version that every message carries. */
const message = (schema: Schema): Schema => {
  const { required, properties } = schema as { readonly required: readonly string[]; readonly properties: Schema };
  return { ...schema, required: ['v', ...required], properties: { v: VERSION, ...properties } };
};

const TICKETS = said('Tickets as they came, whole. `effect` and `onInDoubt` may be made stricter, nothing else changed.', {
  ...listOf(component('Ticket')),
  minItems: 1,
  maxItems: 100,
});

const OUTCOME: Schema = {
  anyOf: [
    shape<Omit<Ended<'succeeded'>, 'fromLedger' | 'owner'>>(
      { kind: kind('succeeded'), output: said('Any JSON.', ANYTHING), handlerRetry: HANDLER_RETRY },
      ['handlerRetry'],
    ),
    shape<Ended<'failed'>>(
      {
        kind: kind('failed'),
        error: component('TaskError'),
        retryable: said('false: never again, whatever the policy says; null: the policy decides.', orNull({ type: 'boolean' })),
        retryAfterMs: said(
          'The wait the handler asks for; 0 = now; null: the policy decides.',
          orNull({ type: 'number', minimum: 0 }),
        ),
        happened: said('Nothing of its work was done; absent: nobody said so.', { const: false }),
        handlerRetry: HANDLER_RETRY,
      },
      ['retryable', 'retryAfterMs', 'happened', 'handlerRetry'],
    ),
    shape<Ended<'cancelled'>>({ kind: kind('cancelled') }),
  ],
};

const GRANTED = shape<GrantedAttempt>({
  kind: kind('granted'),
  ...HELD,
  version: VERSION_ID,
  workflow: TEXT,
  path: said('For people: `page[3].charge`.', TEXT),
  call: TEXT,
  attempt: ORDINAL,
  key: said('The same for every attempt of the task: to be handed on as an idempotency key.', TEXT),
  input: said('What the task says in `with`.', ANYTHING),
  timeoutMs: said('How long the attempt may take, from its grant.', COUNT),
  deadline: MILLISECONDS,
  heartbeatMs: said('The longest silence of the handler; null: it need not be heard.', orNull(COUNT)),
  leaseMs: said('How long the grant holds without a heartbeat.', COUNT),
  queuedAt: MILLISECONDS,
});

const REFUSED = shape<RefusedAttempt>({
  kind: kind('refused'),
  run: ID,
  node: COUNT,
  at: AT,
  code: { enum: [...REFUSALS] },
  reason: TEXT,
});

/** AMQP's own properties, not headers: AsyncAPI has no other place for them. */
export const ASKING: Schema = {
  type: 'object',
  description: 'The properties `reply_to` and `correlation_id`.',
  required: ['reply_to', 'correlation_id'],
  properties: { reply_to: TEXT, correlation_id: TEXT },
};

export const GATE_SCHEMAS: Readonly<Record<string, Schema>> = {
  GateRequest: said('One request of a worker.', {
    anyOf: [
      message(
        shape<GateRequestOf<'hello'>>({
          kind: kind('hello'),
          worker: WORKER,
          queues: {
            ...listOf(
              shape<ReadQueue>(
                {
                  name: said('A lane counts as a queue: `python.retry`.', TEXT),
                  readUntil: said('`queuedAt` of the newest attempt granted from it.', orNull(MILLISECONDS)),
                },
                ['readUntil'],
              ),
            ),
            maxItems: 128,
          },
          handlers: { ...listOf(TEXT), maxItems: 1_000 },
          concurrency: ORDINAL,
        }),
      ),
      message(shape<GateRequestOf<'goodbye'>>({ kind: kind('goodbye'), worker: WORKER })),
      message(
        shape<GateRequestOf<'claim'>>({
          kind: kind('claim'),
          worker: WORKER,
          claim: said('Chosen by the worker, new for every claim and the same whenever it asks again.', ID),
          attempts: TICKETS,
        }),
      ),
      message(shape<GateRequestOf<'put-back'>>({ kind: kind('put-back'), attempts: TICKETS })),
      message(shape<HeldAttempt & { readonly kind: 'heartbeat' }>({ kind: kind('heartbeat'), ...HELD })),
      message(shape<GateRequestOf<'outcome'>>({ kind: kind('outcome'), ...HELD, version: VERSION_ID, outcome: OUTCOME })),
    ],
  }),
  GateAnswer: said('What a request is answered with, to its `reply_to` and under its `correlation_id`.', {
    anyOf: [
      message({
        type: 'object',
        required: ['kind', 'leaseMs', 'helloEveryMs'],
        properties: { kind: kind('welcome'), leaseMs: COUNT, helloEveryMs: COUNT },
      }),
      message({
        type: 'object',
        required: ['kind', 'attempts'],
        properties: {
          kind: kind('claimed'),
          attempts: said('In the order of the request.', listOf({ anyOf: [GRANTED, REFUSED] })),
        },
      }),
      message({
        type: 'object',
        required: ['kind'],
        properties: { kind: { enum: ['held', 'gone', 'cancel', 'accepted', 'stale'] } },
      }),
      message({ type: 'object', required: ['kind', 'reason'], properties: { kind: kind('refused'), reason: TEXT } }),
    ],
  }),
};
