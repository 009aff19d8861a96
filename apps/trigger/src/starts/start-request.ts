import type { ChildStart } from '@reprise/contracts';
import type { Json, Origin, ReusedTask, RunId, RunStatus, VersionId, Workflow } from '@reprise/core';
import type { EventOutcome } from '@reprise/ledger';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { Arrival } from './arrival.js';

/** Something that may start runs. */
export type StartRequest = ReceivedRequest | ChildRequest;

/** `arrival`: how it came, where spans are kept. */
export type ReceivedRequest = (
  | {
      readonly kind: 'event';
      readonly event: TriggerEvent;
      readonly redelivered: boolean;
      readonly via: 'http' | 'amqp';
      /** Not matched with triggers, but a start of this workflow by a message without an id of its own. */
      readonly startOf?: string;
    }
  | TriggeredRequest
  | RerunRequest
  | {
      readonly kind: 'start';
      readonly workflow: string;
      /** Semver or number; null: the current version. */
      readonly version: string | null;
      readonly input: Json;
      readonly labels: Readonly<Record<string, string>>;
      readonly key: string | null;
      readonly via: 'http' | 'amqp' | 'cli';
      /** As credentials tell; absent or null: nobody known. */
      readonly startedBy?: string | null;
    }
) & { readonly arrival?: Arrival };

/** A task waits for a run of its own. */
export interface ChildRequest {
  readonly kind: 'child';
  readonly child: ChildStart;
  /** The broker has delivered it before: its first receiver may have died before it told anyone. */
  readonly redelivered: boolean;
}

/** A run is wanted again. */
export interface RerunRequest {
  readonly kind: 'rerun';
  readonly run: RunId;
  /** Semver or number, or `latest`; null: that of the earlier run. */
  readonly version: string | null;
  /** The task to begin with: what had succeeded and does not follow on it is not run again; null: all of it is. */
  readonly from: string | null;
  readonly key: string | null;
  readonly startedBy: string | null;
}

/** An event that is about certain triggers and no others: a firing schedule, a webhook, the end of a run, a poll. */
export interface TriggeredRequest {
  readonly kind: 'triggered';
  /** What makes it happen once: its (source, id). Its `data` is the input of triggers that say nothing about it. */
  readonly event: TriggerEvent;
  readonly targets: readonly TriggerTarget[];
  /** What was decided about it already: reasons why a workflow starts nothing. */
  readonly results?: readonly EventResult[];
  /** Its runs are told again if it was seen before: whoever received it first may have died. */
  readonly redelivered: boolean;
}

/** A trigger whose `if`, `key` and `input` decide, each on `variables`. */
export interface TriggerTarget {
  readonly version: VersionId;
  readonly workflow: Workflow;
  /** Its number in `on`; `probe`: none of them, a probe starts in any case. */
  readonly trigger: number | 'probe';
  readonly variables: Readonly<Record<string, Json>>;
  /** Of a trigger that says nothing about it; absent: the event's data. */
  readonly input?: Json;
  readonly labels?: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}

/** What came of a request, once it is durable. */
export type StartAnswer = EventAnswer | RunAnswer | ChildAnswer | FailedAnswer;

/** A task that waits for a run is told by its inbox, not by an answer. */
export interface ChildAnswer {
  readonly kind: 'child';
}

/** Nothing was written: the ledger refuses this request, alone and again. */
export interface FailedAnswer {
  readonly kind: 'failed';
  readonly reason: string;
}

export interface EventAnswer {
  readonly kind: 'event';
  readonly id: string;
  readonly outcome: EventOutcome | 'duplicate';
  readonly results: readonly EventResult[];
}

/** What an event did to one workflow. */
export type EventResult =
  | { readonly workflow: string; readonly kind: 'started' | 'exists'; readonly run: RunId }
  /** Waits of so many of its runs were told; `runs`: some of them. */
  | { readonly workflow: string; readonly kind: 'woke'; readonly count: number; readonly runs: readonly RunId[] }
  | { readonly workflow: string; readonly kind: 'unmatched' | 'rejected' | 'conflict'; readonly reason: string };

export type RunAnswer =
  /** `status`: how it began. */
  | { readonly kind: 'started'; readonly run: RunId; readonly status?: RunStatus }
  /** `status`: how far it has come; null: it has been deleted since. */
  | { readonly kind: 'exists'; readonly run: RunId; readonly status: RunStatus | null }
  | { readonly kind: 'conflict'; readonly run: RunId }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'archived'; readonly reason: string }
  | { readonly kind: 'invalid'; readonly problems: readonly { readonly path: string; readonly message: string }[] }
  | RerunRefusal;

/** Why a run is not started again. */
export type RerunRefusal =
  | { readonly kind: 'no-run'; readonly run: RunId }
  | { readonly kind: 'open-run'; readonly run: RunId; readonly status: RunStatus }
  /** It has results to go on from no more. */
  | { readonly kind: 'compensated'; readonly run: RunId }
  | { readonly kind: 'unknown-task'; readonly from: string; readonly known: readonly string[] };

/** A start that has passed every check; only its business key may still stand in its way. */
export interface PlannedStart {
  readonly run: RunId;
  readonly version: VersionId;
  readonly workflow: Workflow;
  readonly input: Json;
  readonly labels: Readonly<Record<string, string>>;
  readonly key: string | null;
  /** Under which its workflow's `concurrency` counts it; null: nothing does. */
  readonly slotKey: string | null;
  readonly fingerprint: string;
  readonly trigger: string;
  readonly origin: Origin;
  /** What it takes over from an earlier run; absent: nothing. */
  readonly reuse?: PlannedReuse;
}

export interface PlannedReuse {
  readonly before: RunId;
  /** How its scope begins. */
  readonly states: string;
  readonly tasks: readonly ReusedTask[];
}
