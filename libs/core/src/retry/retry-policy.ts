export const BACKOFFS = ['fixed', 'linear', 'exponential'] as const;
export const JITTERS = ['none', 'full', 'equal', 'decorrelated'] as const;
export const EXHAUSTED_ACTIONS = ['fail', 'park'] as const;

export type Backoff = (typeof BACKOFFS)[number];
export type Jitter = (typeof JITTERS)[number];
export type ExhaustedAction = (typeof EXHAUSTED_ACTIONS)[number];

/** How a task is retried, complete: every field decided. Durations are whole milliseconds. */
export interface RetryPolicy {
  /** Executions in total, the first included: 1 = never retry, 3 = two retries, 0 = no limit. Lost attempts do not count. */
  readonly maximumAttempts: number;
  /** The wait before the first retry; 0 = at once. */
  readonly initialIntervalMs: number;
  readonly backoff: Backoff;
  /** The factor of `exponential`, at least 1. `fixed` and `linear` do not use it. */
  readonly backoffCoefficient: number;
  /** The longest wait, whatever the backoff; null = 100 × initialIntervalMs. `retryAfter` is not capped by it. */
  readonly maximumIntervalMs: number | null;
  readonly jitter: Jitter;
  /** From the start of the first attempt; a retry that could not start within it is not scheduled. null = no limit. */
  readonly maximumElapsedMs: number | null;
  /** Patterns of the error codes that are retried; null = all. Checked before `policies`, which cannot add to it. */
  readonly retryOn: readonly string[] | null;
  /** Patterns of the error codes that are never retried. Wins over everything, also over a handler that said "retryable". */
  readonly nonRetryable: readonly string[];
  /** The first rule that matches decides, with a counter of its own. */
  readonly policies: readonly PolicyRule[];
  /** The loss that parks the task: 5 = four are retried, the fifth parks it; 1 = the first parks it. */
  readonly maximumLost: number;
  /** What follows when `maximumAttempts` or `maximumElapsed` are used up. A failure that is not retryable always fails. */
  readonly onExhausted: ExhaustedAction;
}

/**
 * What a rule of `policies` may set; what it leaves out comes from the policy around it.
 * Not `retryOn` and `nonRetryable` (they have already decided when a rule is looked for; `errors` is the rule's filter, and
 * `maximumAttempts: 1` its "never"), not `policies` (rules do not nest), not `maximumLost` (a loss has no error code of its own).
 */
export const RULE_FIELDS = [
  'maximumAttempts',
  'initialIntervalMs',
  'backoff',
  'backoffCoefficient',
  'maximumIntervalMs',
  'jitter',
  'maximumElapsedMs',
  'onExhausted',
] as const satisfies readonly (keyof RetryPolicy)[];

/**
 * Failures that match a rule count on that rule only, its `maximumAttempts` included ("3" = the third such failure is the last),
 * and its waits grow with that count. So a task is executed at most 1 + the sum of (limit - 1) over the policy and its rules.
 */
export type PolicyRule = { readonly errors: readonly string[] } & Partial<Pick<RetryPolicy, (typeof RULE_FIELDS)[number]>>;

/** What one place (task, workflow defaults, handler) says. A missing field falls through; null is a value and does not. */
export type PartialRetryPolicy = Partial<RetryPolicy>;

/** What holds where nobody says anything else. */
export const ENGINE_RETRY: RetryPolicy = {
  maximumAttempts: 3,
  initialIntervalMs: 1_000,
  backoff: 'exponential',
  backoffCoefficient: 2,
  maximumIntervalMs: null,
  jitter: 'full',
  maximumElapsedMs: null,
  retryOn: null,
  nonRetryable: [],
  policies: [],
  maximumLost: 5,
  onExhausted: 'fail',
};

/**
 * The policy in force: field by field the first layer that says something (task, then workflow defaults, then handler), else
 * ENGINE_RETRY. Lists are taken whole, never merged.
 */
export function resolveRetry(...layers: readonly (PartialRetryPolicy | null | undefined)[]): RetryPolicy {
  return layers.reduceRight<RetryPolicy>((policy, layer) => overlay(policy, layer ?? {}), ENGINE_RETRY);
}

/** The policy as a rule changes it: its own fields over those of the policy around it. */
export function underRule(policy: RetryPolicy, { errors: _errors, ...fields }: PolicyRule): RetryPolicy {
  return overlay(policy, fields);
}

/** A field present as undefined (a document turned into an object does that) must not erase the one below. */
function overlay(policy: RetryPolicy, layer: PartialRetryPolicy): RetryPolicy {
  return { ...policy, ...Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined)) };
}
