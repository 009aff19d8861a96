import { ON_ERROR, RUN_WHEN } from '../document/values/fields.js';
import type { Json } from '../json.js';
import { BACKOFFS, EXHAUSTED_ACTIONS, JITTERS } from '../retry/index.js';
import { EFFECTS, ON_IN_DOUBT } from '../workflow/workflow.js';
import { CALL, DEPENDENCY } from './call-schema.js';

const CODES: Json = { type: 'array', items: { type: 'string', pattern: '^\\S+$' } };

const RULE_PROPERTIES = {
  maximumAttempts: { description: 'Executions in total; 1 = never retry, 0 = no limit. Default 3.', type: 'integer', minimum: 0 },
  initialInterval: { description: 'Wait before attempt 2. Default 1s.', $ref: '#/$defs/duration' },
  backoff: { enum: BACKOFFS },
  backoffCoefficient: { type: 'number', minimum: 1 },
  maximumInterval: { $ref: '#/$defs/duration' },
  jitter: { enum: JITTERS },
  maximumElapsed: { $ref: '#/$defs/duration' },
  onExhausted: { enum: EXHAUSTED_ACTIONS },
} as const satisfies Json;

const FOR_EACH: Json = {
  description: 'Once per item of a list.',
  anyOf: [
    { type: ['array', 'string'] },
    {
      type: 'object',
      required: ['in'],
      additionalProperties: false,
      properties: {
        in: { type: ['array', 'string'] },
        as: { $ref: '#/$defs/name' },
        parallel: { description: 'Items at a time. Default 100.', type: 'integer', minimum: 1, maximum: 10_000 },
        tolerate: {
          description: 'Items that may fail: a number, or a share such as 10%.',
          anyOf: [
            { type: 'integer', minimum: 0 },
            { type: 'string', pattern: '^[0-9]+(\\.[0-9]+)?%$' },
          ],
        },
      },
    },
  ],
};

const RATE_LIMIT: Json = {
  description: 'At most `max` starts in any `per`, over all runs.',
  type: 'object',
  required: ['max', 'per'],
  additionalProperties: false,
  properties: {
    key: { description: 'Who shares it. Default: the name of the call.', $ref: '#/$defs/expression' },
    max: { type: 'integer', minimum: 1, maximum: 1_000 },
    per: { $ref: '#/$defs/duration' },
  },
};

const REPEAT: Json = {
  description: 'Again and again; `round.number` counts from 1, `round.last` is the output of the round before.',
  type: 'object',
  additionalProperties: false,
  anyOf: [{ required: ['until'] }, { required: ['while'] }, { required: ['maximum'] }],
  properties: {
    until: { description: 'Read after each round, with `output`: true ends it.', $ref: '#/$defs/expression' },
    while: { description: 'Read after each round, with `output`: false ends it.', $ref: '#/$defs/expression' },
    maximum: {
      description: 'Rounds in total. With `until` or `while` it is a failure to reach it. Default 1000.',
      type: 'integer',
      minimum: 1,
      maximum: 100_000,
    },
    interval: { description: 'Wait between rounds: a duration, or an expression for one.', type: 'string' },
  },
};

const FAIL: Json = {
  description: 'Fail on purpose.',
  type: 'object',
  required: ['code'],
  additionalProperties: false,
  properties: { code: { type: 'string' }, message: { type: 'string' } },
};

/** `$defs` of what concerns tasks. */
export const TASK_SCHEMAS = {
  tasks: {
    description: 'A map is a graph by `needs`, a list a sequence.',
    anyOf: [
      {
        type: 'object',
        minProperties: 1,
        propertyNames: { $ref: '#/$defs/name' },
        additionalProperties: { allOf: [{ $ref: '#/$defs/task' }, { not: { required: ['id'] } }] },
      },
      {
        type: 'array',
        minItems: 1,
        items: { allOf: [{ $ref: '#/$defs/task' }, { required: ['id'] }, { not: { required: ['needs'] } }] },
      },
    ],
  },
  task: {
    type: 'object',
    additionalProperties: false,
    oneOf: ['call', 'transform', 'sleep', 'sleepUntil', 'fail', 'tasks', 'workflow', 'approval', 'waitFor', 'emit'].map(
      (kind) => ({
        required: [kind],
      }),
    ),
    dependentRequired: {
      ...Object.fromEntries(
        ['queue', 'succeedWhen', 'idempotencyKey', 'effect', 'onInDoubt', 'rateLimit', 'dependency', 'priority'].map((field) => [
          field,
          ['call'],
        ]),
      ),
      retention: ['idempotencyKey'],
      output: ['tasks'],
      failFast: ['tasks'],
    },
    dependentSchemas: {
      compensate: { anyOf: ['call', 'transform', 'tasks', 'workflow', 'emit'].map((kind) => ({ required: [kind] })) },
      with: { anyOf: [{ required: ['call'] }, { required: ['workflow'] }] },
      timeout: {
        anyOf: [
          { required: ['call'], properties: { timeout: { $ref: '#/$defs/timeout' } } },
          { required: ['tasks'], properties: { timeout: { $ref: '#/$defs/totalTimeout' } } },
          { required: ['workflow'], properties: { timeout: { $ref: '#/$defs/totalTimeout' } } },
        ],
      },
      retry: { anyOf: [{ required: ['call'] }, { required: ['tasks'], properties: { retry: { $ref: '#/$defs/groupRetry' } } }] },
    },
    properties: {
      id: { $ref: '#/$defs/name' },
      needs: {
        description: 'Tasks beside it that end first.',
        anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
      },
      if: { $ref: '#/$defs/expression' },
      runWhen: { enum: RUN_WHEN },
      forEach: FOR_EACH,
      repeat: REPEAT,
      onError: { enum: ON_ERROR },
      call: CALL,
      with: { description: 'Input of the handler, or of the child run.' },
      queue: { $ref: '#/$defs/queue' },
      priority: { $ref: '#/$defs/priority' },
      retry: { $ref: '#/$defs/retry' },
      timeout: {
        description: 'Of a call: of one attempt, or a map of limits. Of a group or a child run: of all of it.',
        anyOf: [{ $ref: '#/$defs/timeout' }, { $ref: '#/$defs/totalTimeout' }],
      },
      succeedWhen: { description: 'Read `output`; false = UNEXPECTED_RESULT.', $ref: '#/$defs/expression' },
      idempotencyKey: { description: 'The call is made once per key, across runs.', type: 'string' },
      rateLimit: RATE_LIMIT,
      dependency: DEPENDENCY,
      workflow: {
        description: 'Starts a run of that workflow and awaits it: NAME or NAME@VERSION.',
        type: 'string',
        pattern: '^[a-z][a-z0-9-]{0,99}(@.+)?$',
      },
      retention: { description: 'How long a success is kept under the key; default 7 days.', $ref: '#/$defs/duration' },
      effect: { description: 'What may be done with an attempt whose end is not known.', enum: EFFECTS },
      onInDoubt: { description: 'What is done about work of which nobody knows whether it was done.', enum: ON_IN_DOUBT },
      transform: { description: 'Value of expressions.' },
      sleep: { description: 'A duration, or an expression for one.', type: 'string' },
      sleepUntil: { description: 'A time such as 2030-01-31T09:00:00Z, or an expression for one.', type: 'string' },
      fail: FAIL,
      approval: { $ref: '#/$defs/approval' },
      waitFor: { $ref: '#/$defs/waitFor' },
      emit: { $ref: '#/$defs/emit' },
      tasks: { $ref: '#/$defs/tasks' },
      compensate: { $ref: '#/$defs/compensate' },
      failFast: { description: 'Of a group. Default: as around it.', type: 'boolean' },
      output: { description: 'Value of the group; may read all its tasks.' },
    },
  },
  compensate: {
    description: 'Undoes the task when the run fails later, or is cancelled.',
    type: 'object',
    required: ['call'],
    additionalProperties: false,
    properties: {
      call: CALL,
      with: { description: 'Input of the handler; may read `output` and the task itself.' },
      queue: { $ref: '#/$defs/queue' },
      retry: { $ref: '#/$defs/retry' },
      timeout: { $ref: '#/$defs/timeout' },
      idempotencyKey: { type: 'string' },
      retention: { $ref: '#/$defs/duration' },
      effect: { enum: EFFECTS },
      onInDoubt: { enum: ON_IN_DOUBT },
      dependency: DEPENDENCY,
    },
  },
  retry: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...RULE_PROPERTIES,
      retryOn: CODES,
      nonRetryable: CODES,
      policies: { type: 'array', items: { $ref: '#/$defs/rule' } },
      maximumLost: { description: 'Attempts lost with their worker. Default 5.', type: 'integer', minimum: 1 },
    },
  },
  groupRetry: {
    description: 'No executor holds a group: it is never lost, and never parked.',
    not: { anyOf: [{ required: ['maximumLost'] }, { required: ['onExhausted'] }] },
    properties: { policies: { type: 'array', items: { not: { required: ['onExhausted'] } } } },
  },
  rule: {
    type: 'object',
    required: ['errors'],
    additionalProperties: false,
    properties: { errors: CODES, ...RULE_PROPERTIES },
  },
  timeout: {
    description: '30s for one attempt, or a map of limits.',
    anyOf: [
      { $ref: '#/$defs/duration' },
      {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          ['attempt', 'queue', 'total', 'heartbeat'].map((name) => [name, { $ref: '#/$defs/duration' }]),
        ),
      },
    ],
  },
  totalTimeout: {
    description: '10m for all of it, or {total: 10m}: a duration, or an expression for one.',
    anyOf: [
      { $ref: '#/$defs/durationOrExpression' },
      {
        type: 'object',
        required: ['total'],
        additionalProperties: false,
        properties: { total: { $ref: '#/$defs/durationOrExpression' } },
      },
    ],
  },
} satisfies Json;
