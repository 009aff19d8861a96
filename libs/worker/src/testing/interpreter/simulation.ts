import type {
  Address,
  ClaimId,
  EmittedEvent,
  Fence,
  Guards,
  Input,
  Limits,
  Moment,
  RunId,
  TaskKey,
  Workflow,
} from '@reprise/core';
import type { Fates } from './fates.js';
import type { PersonAnswer } from './memory/approval-book.js';
import { EventQueue } from './memory/event-queue.js';
import type { SimulatedEvent } from './memory/memory-events.js';
import type { MemoryLedger } from './memory/memory-ledger.js';

/** What is on its way: to the scheduler, to the executor, to the watch. */
export type Event =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'ticket'; readonly task: Address & { readonly fence: Fence } }
  | { readonly kind: 'renew' | 'answer' | 'interrupt'; readonly claim: ClaimId }
  | { readonly kind: 'watch'; readonly key: TaskKey | 'run'; readonly at: number }
  | { readonly kind: 'person'; readonly task: Address & { readonly fence: Fence }; readonly answer: PersonAnswer }
  | { readonly kind: 'told'; readonly key: TaskKey }
  | { readonly kind: 'event'; readonly event: SimulatedEvent; readonly toRun: boolean }
  | { readonly kind: 'emission'; readonly task: Address & { readonly fence: Fence }; readonly event: EmittedEvent }
  | { readonly kind: 'start-child'; readonly task: Address & { readonly fence: Fence } }
  | { readonly kind: 'cancel-child' | 'child-ends' | 'child-tells'; readonly run: RunId }
  | { readonly kind: 'place' }
  | { readonly kind: 'timer'; readonly ring: () => void }
  | { readonly kind: 'announced' };

/** What the simulated processes share: the time, the ledger, the queue of what is to come, and fate. */
export class Simulation {
  readonly queue = new EventQueue<Event>();
  /** Epoch milliseconds. */
  now: number;
  guards: Guards | null = null;

  constructor(
    readonly workflow: Workflow,
    readonly ledger: MemoryLedger,
    readonly fates: Fates,
    readonly limits: Limits,
    readonly unit: () => number,
    start: number,
  ) {
    this.now = start;
  }

  send(input: Input, afterMs: number): void {
    this.queue.push(this.now + afterMs, { kind: 'input', input });
  }

  /** Rings at an instant; now, if that has passed. */
  ringAt(at: number, ring: () => void): void {
    this.queue.push(Math.max(this.now, at), { kind: 'timer', ring });
  }

  moment(inputs: readonly Input[]): Moment {
    return {
      now: this.now,
      units: inputs.map(() => this.unit()),
      limits: this.limits,
      ...(this.guards === null ? {} : { guards: this.guards }),
    };
  }
}
