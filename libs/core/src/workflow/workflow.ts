import type { Expression, Template } from '../expression/index.js';
import type { Json } from '../json.js';
import type { PartialRetryPolicy } from '../retry/index.js';
import type { Priority } from './lane.js';
import type { Trigger } from './trigger.js';

/**
 * A workflow version, compiled from its document: what the scheduler decides with.
 * Nodes are numbered in document order, depth first, so that a number stays valid for every process that compiles the same document.
 */
export interface Workflow {
  readonly name: string;
  /** Semver as written, or null; the content hash identifies the version anyway. */
  readonly version: string | null;
  /** JSON Schema 2020-12 of the run's input, or null. */
  readonly inputSchema: Json | null;
  readonly triggers: readonly Trigger[];
  /** Limit on the whole run. */
  readonly timeoutMs: number | null;
  /** Members of groups depth first; behind them the `onFailure` sequence, then the compensations. */
  readonly nodes: readonly Node[];
  readonly root: Group;
  /** The implicit group node of `onFailure`. */
  readonly onFailure: number | null;
  readonly concurrency: Concurrency | null;
  /** `tasks`: lifecycle events of tasks are published too. */
  readonly lifecycle: 'runs' | 'tasks';
}

/** A map (graph by `needs`) or a list (sequence) of tasks that lives and ends together. */
export interface Group {
  /** Node numbers, in document order; a member's position here is its place in the scope's text. */
  readonly members: readonly number[];
  readonly sequence: boolean;
  /** false: when a member fails, running ones and their branches end first. */
  readonly failFast: boolean;
  /** null at the root: no output. null in a group: the last item of a sequence, a map by id of a graph. */
  readonly output: Template | null;
}

export type RunWhen = 'succeeded' | 'done' | 'failed' | 'anySucceeded';

export interface Node {
  readonly index: number;
  readonly id: string;
  /** Ids from the root, without item indices: `page.charge`. */
  readonly path: string;
  /** The enclosing group's node, null at the root. */
  readonly parent: number | null;
  /** Place among the group's members. */
  readonly position: number;
  /** How many levels enclose this node, its own not counted: the length of the `at` of its instances as members. */
  readonly depth: number;
  readonly needs: readonly number[];
  readonly dependents: readonly number[];
  readonly runWhen: RunWhen;
  readonly condition: Expression | null;
  readonly forEach: ForEach | null;
  readonly repeat: Repeat | null;
  /**
   * What stands between an instance of this node and its work, outermost first; each adds one index to `at`.
   * A row whose `at` is `depth + k` long carries level k; one that is `depth + levels.length` long does the work.
   */
  readonly levels: readonly Level[];
  readonly onError: 'fail' | 'continue';
  readonly work: Work;
  /** `member` of a group; the sequence of `onFailure`; the `compensation` of another node. */
  readonly role: 'member' | 'onFailure' | 'compensation';
  /** The node that undoes this one. */
  readonly compensation: number | null;
  /** For a compensation: the node it undoes. */
  readonly compensates: number | null;
}

/** `forEach`: one item each. `repeat`: one round each, from 1. `retry` (groups only): one attempt each, from 1. */
export type Level = 'forEach' | 'repeat' | 'retry';

export interface Concurrency {
  /** Rendered on the run's input; null: one key for the whole workflow. */
  readonly key: Template | null;
  readonly limit: number;
  readonly overlap: 'queue' | 'skip' | 'cancelRunning';
}

export interface Repeat {
  /** Read after each round; `output` is the round's, `round` tells its number. */
  readonly until: Expression | null;
  readonly while: Expression | null;
  /** Rounds in total. With `until` or `while`: reaching it is a failure. */
  readonly maximum: number;
  /** A duration (text), or null: at once. */
  readonly interval: Template | null;
}

export interface ForEach {
  /** Evaluates to a list. */
  readonly items: Template;
  /** A second name for `each`, visible in nested loops. */
  readonly as: string | null;
  readonly parallel: number;
  readonly tolerate: { readonly kind: 'count'; readonly count: number } | { readonly kind: 'percent'; readonly percent: number };
}

export type Work = CallWork | TransformWork | SleepWork | FailWork | GroupWork | WaitWork | EmitWork | ChildWork | ApprovalWork;

export interface CallWork {
  readonly kind: 'call';
  readonly call: string;
  readonly with: Template | null;
  readonly queue: string;
  /** Of its first attempt in that queue; retries wait apart. */
  readonly priority: Priority;
  /** What the task says, then the workflow's defaults; `@Handler` and the engine fill the rest when a failure is judged. */
  readonly retry: PartialRetryPolicy;
  readonly timeout: Timeouts;
  readonly succeedWhen: Expression | null;
  readonly idempotencyKey: Template | null;
  readonly effect: Effect | null;
  /** What becomes of a doubt; null: what the handler says, else a person decides. */
  readonly onInDoubt: OnInDoubt | null;
  /** How long a success is kept under `idempotencyKey`; null: the engine's default. */
  readonly retentionMs: number | null;
  readonly rateLimit: RateLimit | null;
  /** What its breaker and retry budget are shared with; null: the call's own name, where every handler has one. */
  readonly dependency: string | null;
}

/** At most `max` starts in any span of `perMs`, over all runs that use the key. */
export interface RateLimit {
  /** null: the name of the call. */
  readonly key: Template | null;
  readonly max: number;
  readonly perMs: number;
}

/**
 * What may be done with an attempt whose end is not known. `idempotent`: run it again. `transactional`: its work and its outcome commit
 * together, so it is always known. `once`: nothing blindly. In this order, from lax to strict.
 */
export const EFFECTS = ['idempotent', 'transactional', 'once'] as const;
export type Effect = (typeof EFFECTS)[number];

/** What is done about work of which nobody knows whether it was done. */
export const ON_IN_DOUBT = ['park', 'retry', 'probe', 'fail'] as const;
export type OnInDoubt = (typeof ON_IN_DOUBT)[number];

/** Milliseconds; null: not set by the document. */
export interface Timeouts {
  readonly attemptMs: number | null;
  readonly queueMs: number | null;
  readonly totalMs: number | null;
  readonly heartbeatMs: number | null;
}

export interface TransformWork {
  readonly kind: 'transform';
  readonly value: Template;
}

export interface SleepWork {
  readonly kind: 'sleep';
  /** A duration (text such as `5m`) for `sleep`, an RFC 3339 instant for `sleepUntil`. */
  readonly until: { readonly kind: 'duration' | 'instant'; readonly value: Template };
}

export interface FailWork {
  readonly kind: 'fail';
  readonly code: Template;
  readonly message: Template;
}

export interface GroupWork {
  readonly kind: 'group';
  readonly group: Group;
  /** null: a failed group is not tried again. */
  readonly retry: PartialRetryPolicy | null;
  /** A duration (text): all attempts and the waits between them may take so long; null: no limit. */
  readonly total: Template | null;
}

/** `waitFor`: events whose `match` equals `key`. */
export interface WaitWork {
  readonly kind: 'wait';
  /** Topic syntax. */
  readonly pattern: string;
  /** An expression on `event`, as written: the interest it is indexed under. */
  readonly match: Expression;
  /** Evaluated in the run. */
  readonly key: Template;
  readonly condition: Expression | null;
  readonly count: number;
  /** A duration (text); null: as long as it takes. */
  readonly timeout: Template | null;
  /** A duration (text): how long before the wait an event may have come; null: since the run was created. */
  readonly window: Template | null;
}

export interface EmitWork {
  readonly kind: 'emit';
  readonly type: Template;
  readonly subject: Template | null;
  readonly data: Template | null;
}

/** A child run, awaited. */
export interface ChildWork {
  readonly kind: 'child';
  readonly workflow: string;
  /** Semver; null: the version that is current when the child starts. */
  readonly version: string | null;
  readonly with: Template | null;
  /** A duration (text) that the child run may take, its start included; null: no limit. */
  readonly total: Template | null;
}

/** A person decides. */
export interface ApprovalWork {
  readonly kind: 'approval';
  readonly subject: Template;
  /** Renders to a list of names (or one name). Empty: anybody. */
  readonly assignees: Template | null;
  /** JSON Schema of the answer's `form`. */
  readonly form: Json | null;
  /** Renders to the name of who asked; null: who started the run. */
  readonly requester: Template | null;
  /** The requester may not approve. */
  readonly fourEyes: boolean;
  /** How many must approve; one rejection decides. */
  readonly required: number;
  /** `after`, `every`: durations (text). */
  readonly remind: { readonly after: Template; readonly every: Template | null; readonly maximum: number } | null;
  readonly escalate: { readonly after: Template; readonly to: Template } | null;
  /** `fail`: the task fails with TIMEOUT. */
  readonly expire: { readonly after: Template; readonly decision: 'approved' | 'rejected' | 'fail' } | null;
}
