import type { Lane } from '@reprise/core';
import type { Instant } from './http-shapes.js';

/** One lane of a task queue: the attempts of one priority, or the retries. */
export interface LaneView {
  readonly lane: Lane;
  /** Messages waiting; null: the broker cannot be asked or has no such queue. */
  readonly depth: number | null;
  readonly oldestAgeSeconds: number | null;
  /** Executors that live and read it. Where something waits and nobody reads, it waits for ever. */
  readonly executors: number;
}

export interface QueueView {
  readonly name: string;
  /** Messages waiting in all lanes; null: the broker cannot be asked or has no such queue. */
  readonly depth: number | null;
  /** Age of the attempt that has waited longest among those the watch would look at first. */
  readonly oldestAgeSeconds: number | null;
  /** Executors that live and read it. */
  readonly executors: number;
  /** Those that somebody reads, that something waits in, or that the broker knows. */
  readonly lanes: readonly LaneView[];
  /** Since when, by whom and why executors take nothing from it; null: they do. */
  readonly paused: { readonly at: Instant; readonly by: string; readonly reason: string | null } | null;
}

/** A process that hosts handlers, as it has last told of itself: every 5 s. */
export interface ExecutorView {
  /** Of a worker in another language: `amqp/` and its name. */
  readonly id: string;
  readonly queues: readonly string[];
  readonly handlers: readonly string[];
  /** Slots: attempts at the same time. */
  readonly concurrency: number | null;
  /** Slots in use; null: it does not tell. */
  readonly busy: number | null;
  readonly free: number | null;
  /** Of Reprise; null: it does not tell. */
  readonly version: string | null;
  readonly startedAt: Instant;
  readonly lastSeenAt: Instant;
  /** Then, if it says nothing more, it is taken for gone. */
  readonly leaseUntil: Instant;
}
