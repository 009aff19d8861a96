import type { QueueType } from '../topology.js';

/** One queue that the topology wants, as the broker has it. */
export interface QueueFacts {
  readonly name: string;
  /** The task queue's own name; null: one of the engine's. */
  readonly taskQueue: string | null;
  readonly exists: boolean;
  readonly messages: number;
  readonly consumers: number;
  /** An argument it was declared with is not the one wanted. */
  readonly mismatch: { readonly argument: string; readonly detail: string } | null;
}

export interface ManagedQueue {
  readonly name: string;
  readonly policy: string | null;
  /** What the policy in force says, by its own names: `message-ttl`, `delivery-limit`, … */
  readonly definition: Readonly<Record<string, unknown>>;
  /** Of a quorum queue; empty where it is none. */
  readonly members: readonly string[];
  readonly online: readonly string[];
}

/** What only the management API tells. */
export interface ManagementFacts {
  readonly nodes: readonly {
    readonly name: string;
    readonly running: boolean;
    readonly memoryAlarm: boolean;
    readonly diskAlarm: boolean;
    readonly fileHandles: { readonly used: number; readonly limit: number } | null;
  }[];
  readonly queues: readonly ManagedQueue[];
  readonly missingBindings: readonly {
    readonly source: string;
    readonly destination: string;
    readonly kind: 'queue' | 'exchange';
    readonly pattern: string;
  }[];
  /** Feature flags this topology needs and the broker has switched off. */
  readonly disabledFlags: readonly string[];
}

export interface BrokerReached {
  readonly kind: 'reached';
  /** `3.10.8`; null: the broker does not say. */
  readonly version: string | null;
  readonly product: string;
  /** Why it takes no messages now; null: it does. */
  readonly blocked: string | null;
  readonly queueType: QueueType;
  readonly queues: readonly QueueFacts[];
  readonly missingExchanges: readonly string[];
  readonly mismatchedExchanges: readonly { readonly name: string; readonly detail: string }[];
  readonly management: ManagementFacts | null;
  /** The longest attempt a registered workflow allows, by task queue. */
  readonly longestAttemptMs: Readonly<Record<string, number>>;
}

export type BrokerFacts = BrokerReached | { readonly kind: 'unreachable'; readonly reason: string };
