import type { ClaimId, Fence, Json, RunId, VersionId } from '@reprise/core';
import { MESSAGE_VERSION } from './attempt-message.js';

/** An attempt that is the worker's until its lease ends: everything its handler needs. */
export interface GrantedAttempt {
  readonly kind: 'granted';
  readonly run: RunId;
  readonly version: VersionId;
  readonly workflow: string;
  readonly node: number;
  readonly at: string;
  readonly path: string;
  readonly call: string;
  readonly attempt: number;
  /** The new one: a higher one than the ticket's. */
  readonly fence: Fence;
  readonly claim: ClaimId;
  /** The same for every attempt of the task: to be handed on to others as their idempotency key. */
  readonly key: string;
  readonly input: Json;
  /** How long the attempt may take, from its grant. */
  readonly timeoutMs: number;
  /** The end of that time by the database's clock, epoch milliseconds. */
  readonly deadline: number;
  /** The longest silence of the handler; null: it need not be heard. */
  readonly heartbeatMs: number | null;
  /** How long the grant holds without a heartbeat. */
  readonly leaseMs: number;
  /** When the attempt was put into its queue, epoch milliseconds: see `hello`. */
  readonly queuedAt: number;
}

export const REFUSALS = ['GONE', 'PAUSED', 'KEY_IN_PROGRESS', 'ANSWERED', 'NOT_FOR_WORKERS'] as const;

/** An attempt that the worker must not run. Its ticket may be acknowledged, unless its queue is `PAUSED`: whatever follows from it is under way. */
export interface RefusedAttempt {
  readonly kind: 'refused';
  readonly run: RunId;
  readonly node: number;
  readonly at: string;
  readonly code: (typeof REFUSALS)[number];
  readonly reason: string;
}

export type ClaimAnswer = GrantedAttempt | RefusedAttempt;

/** What a request is answered with. */
export type GateAnswer =
  | { readonly kind: 'welcome'; readonly leaseMs: number; readonly helloEveryMs: number }
  /** In the order of the request. */
  | { readonly kind: 'claimed'; readonly attempts: readonly ClaimAnswer[] }
  /** Of a heartbeat: go on, you were replaced, stop. */
  | { readonly kind: 'held' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'accepted' }
  /** Of an outcome: the claim is no longer this one, nothing was written. */
  | { readonly kind: 'stale' }
  /** The request itself cannot be acted on, and never will be. */
  | { readonly kind: 'refused'; readonly reason: string };

export const encodeGateAnswer = (answer: GateAnswer): string => JSON.stringify({ v: MESSAGE_VERSION, ...answer });
