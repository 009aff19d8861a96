import type { TaskError } from '@reprise/core';
import type { EventKey, RunKey, WaitingParent } from '@reprise/ledger';
import type { TriggerEvent } from '../events/trigger-event.js';
import type { ChildRequest, EventResult, PlannedStart, RunAnswer } from './start-request.js';

/** A request, thought through before anything is written. */
export type Plan =
  | {
      readonly kind: 'event';
      readonly event: TriggerEvent;
      readonly starts: readonly PlannedStart[];
      readonly results: readonly EventResult[];
      /** What waiting runs would know it by. */
      readonly keys: readonly EventKey[];
    }
  | { readonly kind: 'start'; readonly start: PlannedStart }
  | ChildPlan
  | {
      readonly kind: 'refused';
      readonly answer: RunAnswer;
      /** What may have started it before; null: it has no key. */
      readonly claim: KeyClaim | null;
    };

/** A business key, and what it stands for. */
export type KeyClaim = Omit<RunKey, 'run'>;

/** What comes of a task's asking for a child run. */
export type ChildPlan =
  | { readonly kind: 'child'; readonly request: ChildRequest; readonly parent: WaitingParent; readonly start: PlannedStart }
  /** Its parent does not wait for it, or no longer. */
  | { readonly kind: 'stale-child'; readonly request: ChildRequest }
  | { readonly kind: 'refused-child'; readonly request: ChildRequest; readonly error: TaskError };
