import type { FieldSet } from './read-value.js';

/** What the document's maps may hold; the published JSON Schema is tested against these tables. */
export const WORKFLOW_FIELDS = {
  known: [
    'workflow',
    'version',
    'description',
    'input',
    'on',
    'timeout',
    'failFast',
    'defaults',
    'concurrency',
    'lifecycle',
    'tasks',
    'output',
    'onFailure',
  ],
} as const satisfies FieldSet;

export const LIFECYCLES = ['runs', 'tasks'] as const;

export const DEFAULTS_FIELDS = { known: ['retry', 'timeout', 'queue', 'priority'] } as const satisfies FieldSet;

/** A trigger is exactly one of these; the fields that may stand beside it. */
export const TRIGGER_KIND_FIELDS = {
  event: ['event', 'source', 'if', 'key', 'input'],
  schedule: ['schedule'],
  webhook: ['webhook'],
  workflow: ['workflow'],
  poll: ['poll'],
} as const;

export type TriggerKind = keyof typeof TRIGGER_KIND_FIELDS;
export const TRIGGER_KINDS = Object.keys(TRIGGER_KIND_FIELDS) as readonly TriggerKind[];

export const WEBHOOK_FIELDS = { known: ['path', 'secret', 'signature', 'if', 'key', 'input'] } as const satisfies FieldSet;
export const SIGNATURES = ['standard-webhooks', 'github', 'none'] as const;
export const COMPLETION_FIELDS = { known: ['name', 'status', 'if', 'key', 'input'] } as const satisfies FieldSet;
export const ENDED_STATUSES = ['succeeded', 'failed', 'cancelled'] as const;

const IS_THE_CONDITION = 'say it in `if`: what the call returned is `output`';
const SET_TIMES = 'a poll looks every so often, counted from 1970: at set times a `schedule` starts a run that looks';

export const POLL_FIELDS = {
  known: ['id', 'every', 'call', 'with', 'queue', 'retry', 'timeout', 'if', 'key', 'input'],
  refused: {
    until: IS_THE_CONDITION,
    succeedWhen: IS_THE_CONDITION,
    cron: SET_TIMES,
    at: SET_TIMES,
    timezone: SET_TIMES,
    start: SET_TIMES,
    overlap: 'the next probe never starts before the last has ended',
    catchUp: 'a probe that was missed is not made up for',
    idempotencyKey: 'a probe is made to be made again; for one run of each result give `key`',
  },
} as const satisfies FieldSet;

export const SCHEDULE_FIELDS = {
  known: [
    ...['id', 'cron', 'every', 'at', 'timezone', 'if', 'key', 'input', 'jitter', 'start', 'end', 'catchUp', 'overlap', 'dst'],
  ],
} as const satisfies FieldSet;

export const DST_FIELDS = { known: ['gap', 'repeat'] } as const satisfies FieldSet;
export const CATCH_UPS = ['none', 'last', 'all'] as const;
export const SCHEDULE_OVERLAPS = ['skip', 'queue', 'allow', 'cancelRunning'] as const;
export const GAPS = ['skip', 'shift'] as const;
export const REPEATS = ['first', 'both'] as const;

/** Every kind of task has these; `id` only in a list, `needs` only in a map. */
export const TASK_FIELDS = ['id', 'needs', 'if', 'runWhen', 'forEach', 'repeat', 'onError'] as const;

/** A task is exactly one of these; the fields that come with it. */
export const KIND_FIELDS = {
  call: [
    ...['call', 'with', 'queue', 'retry', 'timeout', 'succeedWhen', 'idempotencyKey', 'retention', 'effect', 'onInDoubt'],
    ...['rateLimit', 'dependency', 'priority', 'compensate'],
  ],
  transform: ['transform', 'compensate'],
  sleep: ['sleep'],
  sleepUntil: ['sleepUntil'],
  fail: ['fail'],
  tasks: ['tasks', 'output', 'failFast', 'retry', 'timeout', 'compensate'],
  workflow: ['workflow', 'with', 'timeout', 'compensate'],
  approval: ['approval'],
  waitFor: ['waitFor'],
  emit: ['emit', 'compensate'],
} as const;

export type Kind = keyof typeof KIND_FIELDS;
export const KINDS = Object.keys(KIND_FIELDS) as readonly Kind[];

const CHANGES_NOTHING = 'a wait changes nothing that could be undone';

/** Why these kinds of task have no `compensate`. */
export const NOT_UNDONE: Partial<Readonly<Record<Kind, string>>> = {
  sleep: CHANGES_NOTHING,
  sleepUntil: CHANGES_NOTHING,
  waitFor: CHANGES_NOTHING,
  fail: 'a task that only fails has done nothing that could be undone',
  approval: 'a decision is not undone: put it on the task that acts on it',
};

export const RUN_WHEN = ['succeeded', 'done', 'failed', 'anySucceeded'] as const;
export const ON_ERROR = ['fail', 'continue'] as const;

export const FOR_EACH_FIELDS = { known: ['in', 'as', 'parallel', 'tolerate'] } as const satisfies FieldSet;
export const CONCURRENCY_FIELDS = { known: ['key', 'limit', 'overlap'] } as const satisfies FieldSet;
export const OVERLAPS = ['queue', 'skip', 'cancelRunning'] as const;
export const RATE_LIMIT_FIELDS = { known: ['key', 'max', 'per'] } as const satisfies FieldSet;
export const APPROVAL_FIELDS = {
  known: ['subject', 'assignees', 'required', 'form', 'requester', 'fourEyes', 'remind', 'escalate', 'expire'],
} as const satisfies FieldSet;
export const COMPENSATE_FIELDS = {
  known: ['call', 'with', 'queue', 'retry', 'timeout', 'idempotencyKey', 'retention', 'effect', 'onInDoubt', 'dependency'],
} as const satisfies FieldSet;
export const REMIND_FIELDS = { known: ['after', 'every', 'maximum'] } as const satisfies FieldSet;
export const ESCALATE_FIELDS = { known: ['after', 'to'] } as const satisfies FieldSet;
export const EXPIRE_FIELDS = { known: ['after', 'decision'] } as const satisfies FieldSet;
export const EXPIRE_DECISIONS = ['approved', 'rejected', 'fail'] as const;
export const REPEAT_FIELDS = { known: ['until', 'while', 'maximum', 'interval'] } as const satisfies FieldSet;
export const WAIT_FOR_FIELDS = {
  known: ['event', 'match', 'key', 'if', 'count', 'timeout', 'window'],
} as const satisfies FieldSet;
export const EMIT_FIELDS = { known: ['type', 'subject', 'data'] } as const satisfies FieldSet;
export const FAIL_FIELDS = { known: ['code', 'message'] } as const satisfies FieldSet;
export const TIMEOUT_FIELDS = { known: ['attempt', 'queue', 'total', 'heartbeat'] } as const satisfies FieldSet;

const NOT_HELD = 'no executor holds this task: `total` limits it, and each `call` in it has limits of its own';

/** Of a group and of a child run. */
export const TOTAL_FIELDS = {
  known: ['total'],
  refused: { attempt: NOT_HELD, queue: NOT_HELD, heartbeat: NOT_HELD },
} as const satisfies FieldSet;

export const RULE_FIELDS = [
  'maximumAttempts',
  'initialInterval',
  'backoff',
  'backoffCoefficient',
  'maximumInterval',
  'jitter',
  'maximumElapsed',
  'onExhausted',
] as const;

export const RETRY_FIELDS = {
  known: [...RULE_FIELDS, 'retryOn', 'nonRetryable', 'policies', 'maximumLost'],
} as const satisfies FieldSet;

export const POLICY_FIELDS = {
  known: ['errors', ...RULE_FIELDS],
  refused: {
    retryOn: 'a rule is chosen by its `errors`',
    nonRetryable: 'for no retries write `maximumAttempts: 1`',
    maximumLost: 'lost attempts have one budget: put it beside `policies`',
    policies: 'rules do not nest',
  },
} as const satisfies FieldSet;

const NEVER_PARKED = 'a group is not parked: what fails in it may be, with `onExhausted` of its own `retry`';

/** Of a group's own `retry`: what is about attempts in the hands of an executor has no meaning there. */
export const GROUP_RETRY_FIELDS = {
  known: RETRY_FIELDS.known.filter((field) => field !== 'maximumLost' && field !== 'onExhausted'),
  refused: {
    maximumLost: 'no executor holds a group, so it cannot be lost: put it in the `retry` of the calls inside',
    onExhausted: NEVER_PARKED,
  },
} as const satisfies FieldSet;

export const GROUP_POLICY_FIELDS = {
  known: POLICY_FIELDS.known.filter((field) => field !== 'onExhausted'),
  refused: { ...POLICY_FIELDS.refused, onExhausted: NEVER_PARKED },
} as const satisfies FieldSet;
