import {
  CATCH_UPS,
  ENDED_STATUSES,
  GAPS,
  REPEATS,
  SCHEDULE_OVERLAPS,
  SIGNATURES,
  TRIGGER_KIND_FIELDS,
  TRIGGER_KINDS,
} from '../document/values/fields.js';
import type { Json } from '../json.js';
import { CALL } from './call-schema.js';

/** What every kind of trigger may say about the run it starts. */
const START_PROPERTIES = {
  if: { description: 'false: no run.', $ref: '#/$defs/expression' },
  key: { description: 'Business key: the same key starts one run.', $ref: '#/$defs/expression' },
  input: { description: 'Input of the run; of an event by default its data.' },
} as const satisfies Json;

const INSTANT: Json = {
  description: 'An RFC 3339 time: 2030-01-31T09:00:00Z, or with an offset +02:00.',
  type: 'string',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})$',
};

const SCHEDULE: Json = {
  description: 'Fires at certain times; its expressions read schedule.time and schedule.previous.',
  type: 'object',
  required: ['id'],
  oneOf: ['cron', 'every', 'at'].map((timing) => ({ required: [timing] })),
  additionalProperties: false,
  properties: {
    id: { description: 'Unique in the workflow.', type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$', maxLength: 64 },
    cron: {
      description: 'minute hour day-of-month month day-of-week, or six fields with seconds first.',
      type: 'string',
      minLength: 1,
      maxLength: 200,
    },
    every: { description: 'At least 1s; counted from `start`, or from 1970.', $ref: '#/$defs/duration' },
    at: { anyOf: [INSTANT, { type: 'array', minItems: 1, maxItems: 1_000, items: INSTANT }] },
    timezone: { description: 'IANA zone in which `cron` is read. Default UTC.', type: 'string', minLength: 1 },
    ...START_PROPERTIES,
    jitter: { description: 'Each firing is put off by up to this.', $ref: '#/$defs/duration' },
    start: INSTANT,
    end: INSTANT,
    catchUp: { description: 'What becomes of times that passed while nobody was there. Default last.', enum: CATCH_UPS },
    overlap: { description: 'What becomes of a time whose predecessor still runs. Default skip.', enum: SCHEDULE_OVERLAPS },
    dst: {
      description:
        'When clocks change: local times that do not exist (default shift), and those that come twice (default first).',
      type: 'object',
      additionalProperties: false,
      properties: { gap: { enum: GAPS }, repeat: { enum: REPEATS } },
    },
  },
};

const WEBHOOK: Json = {
  description: 'POST /v1/hooks/PATH; the body is event.data.',
  type: 'object',
  required: ['path'],
  additionalProperties: false,
  properties: {
    path: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9_-]*)*$', maxLength: 128 },
    secret: {
      description: 'Name of the secret that signs.',
      type: 'string',
      pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
      maxLength: 128,
    },
    signature: { description: 'How the sender signs. Default standard-webhooks.', enum: SIGNATURES },
    ...START_PROPERTIES,
  },
};

const COMPLETION: Json = {
  description: 'When a run of another workflow ends; its output is event.data.output.',
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 100 },
    status: {
      description: 'Default succeeded.',
      anyOf: [{ enum: ENDED_STATUSES }, { type: 'array', minItems: 1, items: { enum: ENDED_STATUSES } }],
    },
    ...START_PROPERTIES,
  },
};

const POLL: Json = {
  description: 'Makes a call every so often; a run starts when `if` is true of what it returned, which is `output`.',
  type: 'object',
  required: ['every', 'call', 'if'],
  additionalProperties: false,
  properties: {
    id: {
      description: 'Unique among schedules and polls of the workflow. Default poll; of further polls without one poll-2, poll-3…',
      type: 'string',
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]*$',
      maxLength: 64,
    },
    every: { description: 'At least 1s, counted from 1970.', $ref: '#/$defs/duration' },
    call: CALL,
    with: { description: 'Input of the handler; reads schedule.time, schedule.previous and secrets.' },
    queue: { $ref: '#/$defs/queue' },
    retry: { $ref: '#/$defs/retry' },
    timeout: { $ref: '#/$defs/timeout' },
    if: { description: 'true: a run. Reads output, schedule.time and schedule.previous.', $ref: '#/$defs/expression' },
    key: START_PROPERTIES.key,
    input: { description: 'Input of the run; by default the output of the call.' },
  },
};

/** `$defs` of what starts a run. */
export const TRIGGER_SCHEMAS = {
  trigger: {
    type: 'object',
    oneOf: TRIGGER_KINDS.map((kind) => ({ required: [kind], propertyNames: { enum: TRIGGER_KIND_FIELDS[kind] } })),
    additionalProperties: false,
    properties: {
      event: {
        description: 'Type of event: `*` is one word, `#` any number of words.',
        type: 'string',
        minLength: 1,
        maxLength: 255,
      },
      source: { type: 'string' },
      schedule: { $ref: '#/$defs/schedule' },
      webhook: { $ref: '#/$defs/webhook' },
      workflow: { $ref: '#/$defs/completion' },
      poll: { $ref: '#/$defs/poll' },
      ...START_PROPERTIES,
    },
  },
  schedule: SCHEDULE,
  webhook: WEBHOOK,
  completion: COMPLETION,
  poll: POLL,
} satisfies Json;
