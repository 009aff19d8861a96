import type { Answerer, Effect, HoldReason, OnInDoubt, Outcome } from '@reprise/core';
import { type AttemptMessage, type AttemptTicket, MESSAGE_VERSION } from '../attempt-message.js';
import type { InboxItem } from '../inbox-message.js';
import {
  ANYTHING,
  COUNT,
  component,
  ID,
  listOf,
  ORDINAL,
  orNull,
  type Schema,
  said,
  shape,
  TEXT,
  words,
} from '../openapi/schema.js';

export const AT = said('Indexes of the instance, one for each level it is nested in.', TEXT);
export const FENCE = said('A claim must find the row under this fence: it rises with every attempt.', COUNT);
export const VERSION = { const: MESSAGE_VERSION };

const EFFECT = words<Effect>({ idempotent: true, transactional: true, once: true });

const ADDRESS = { run: ID, version: said('Id of the version of the workflow.', ID) };
const TASK = { ...ADDRESS, node: COUNT, at: AT, fence: FENCE };

type Item<Kind extends InboxItem['kind']> = Extract<InboxItem, { readonly kind: Kind }>;
type Ended<Kind extends Outcome['kind']> = Extract<Outcome, { readonly kind: Kind }>;

export const kind = (name: string): Schema => ({ const: name });

export const HANDLER_RETRY = said(
  'Retry fields that the handler declares, below the document’s: of a failure, or should `succeedWhen` refuse the result.',
  { type: 'object', additionalProperties: true },
);

const OUTCOME: Schema = {
  anyOf: [
    shape<Ended<'succeeded'>>(
      {
        kind: kind('succeeded'),
        output: said('JSON, as text.', TEXT),
        fromLedger: said('No handler ran: a success under its business key answered.', { const: true }),
        owner: said('Whose success that was.', shape<Answerer>({ run: ID, node: COUNT, at: AT })),
        handlerRetry: HANDLER_RETRY,
      },
      ['fromLedger', 'owner', 'handlerRetry'],
    ),
    shape<Ended<'failed'>>(
      {
        kind: kind('failed'),
        error: component('TaskError'),
        retryable: said('What the handler said; null: nothing, the policy decides.', orNull({ type: 'boolean' })),
        retryAfterMs: said('The wait the handler asks for; 0 = now.', orNull({ type: 'number', minimum: 0 })),
        happened: said('Nothing of its work was done; absent: nobody said so.', { const: false }),
        handlerRetry: HANDLER_RETRY,
      },
      ['happened', 'handlerRetry'],
    ),
    shape<Ended<'cancelled'>>({ kind: kind('cancelled') }),
  ],
};

const ITEM: Schema = {
  anyOf: [
    shape<Item<'outcome'>>({ kind: kind('outcome'), ...TASK, claim: ID, outcome: OUTCOME }),
    shape<Item<'wake'>>({ kind: kind('wake'), ...TASK }),
    shape<Item<'emitted'>>({ kind: kind('emitted'), ...TASK }),
    shape<Item<'refused'>>({ kind: kind('refused'), ...TASK, error: component('TaskError') }),
    shape<Item<'hold'>>({
      kind: kind('hold'),
      ...TASK,
      reason: words<Item<'hold'>['reason'] & Exclude<HoldReason, 'RETRY_BUDGET'>>({
        NO_QUEUE: true,
        NO_HANDLER: true,
        KEY_IN_PROGRESS: true,
        RATE_LIMIT: true,
        BREAKER_OPEN: true,
        CONCURRENCY: true,
      }),
    }),
    shape<Item<'look'>>({ kind: kind('look'), ...ADDRESS }),
    shape<Item<'recover'>>({ kind: kind('recover'), ...ADDRESS }),
  ],
};

export const ATTEMPT_SCHEMAS: Readonly<Record<string, Schema>> = {
  Ticket: shape<AttemptTicket>(
    {
      ...TASK,
      workflow: TEXT,
      path: said('For people: `page[3].charge`.', TEXT),
      call: TEXT,
      attempt: ORDINAL,
      timeoutMs: said('Absent: the handler’s own, else the engine’s.', COUNT),
      heartbeatMs: COUNT,
      effect: EFFECT,
      onInDoubt: words<OnInDoubt>({ park: true, retry: true, probe: true, fail: true }),
      keyed: said('The task has a business key, to be looked at before the claim.', { const: true }),
      judged: said('The task has `succeedWhen`: a success tells how its handler would be retried.', { const: true }),
      followed: said('That the attempt has started is to be told: `task.started`.', { const: true }),
      traceparent: said('W3C Trace Context of the attempt, also a header of the message; absent: its run has no trace.', TEXT),
      tracestate: TEXT,
      dependency: said('What the document says that it depends on.', TEXT),
      admitted: said('The ledger has let it start, whatever limits there are.', { const: true }),
    },
    [
      'timeoutMs',
      'heartbeatMs',
      'effect',
      'onInDoubt',
      'keyed',
      'judged',
      'followed',
      'dependency',
      'admitted',
      'traceparent',
      'tracestate',
    ],
  ),
  Attempts: said(
    'Tickets to attempts. They carry no input: whoever claims one gets that from the ledger, which also renews the claim and says whether to stop.',
    shape<AttemptMessage>({
      v: VERSION,
      attempts: listOf(component('Ticket')),
    }),
  ),
  Inbox: said('What runs of one shard are told: outcomes of attempts, and that there is something to look at.', {
    type: 'object',
    required: ['v', 'items'],
    properties: { v: VERSION, items: listOf(ITEM) },
  }),
  Input: said('The input of the run.', ANYTHING),
  EventData: said('A bare event: its type is the routing key, its id `message_id`, its source `amqp/APP_ID`.', ANYTHING),
};
