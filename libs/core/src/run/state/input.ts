import type { At } from '../../address.js';
import type { ClaimId, Fence } from '../../ids.js';
import type { JsonText } from '../../json.js';
import type { HoldReason } from '../../retry/index.js';
import type { EffectFinding } from './effect-finding.js';
import type { Outcome, TaskError } from './outcome.js';

/** What may happen to a run. Every input may arrive twice, late, or in any order. */
export type Input =
  | {
      readonly kind: 'outcome';
      readonly node: number;
      readonly at: At;
      readonly fence: Fence;
      readonly claim: ClaimId;
      readonly outcome: Outcome;
    }
  /** An alarm rang or the watch noticed: look whether this instance is due, overdue or lost. */
  | { readonly kind: 'wake'; readonly node: number; readonly at: At; readonly fence: Fence }
  /** An attempt nobody could take: put back, uncounted. */
  | { readonly kind: 'hold'; readonly node: number; readonly at: At; readonly fence: Fence; readonly reason: HoldReason }
  /** The broker has confirmed the event that this instance emits. */
  | { readonly kind: 'emitted'; readonly node: number; readonly at: At; readonly fence: Fence }
  /** The trigger cannot start the child run of this instance. */
  | { readonly kind: 'refused'; readonly node: number; readonly at: At; readonly fence: Fence; readonly error: TaskError }
  | { readonly kind: 'cancel'; readonly reason: string | null; readonly by: string | null }
  /** A failed run is taken up again from what failed in it. */
  | { readonly kind: 'retry-run'; readonly by: string | null }
  /** Nothing starts until it is resumed; what runs goes on. */
  | { readonly kind: 'pause'; readonly by: string | null }
  | { readonly kind: 'resume'; readonly by: string | null }
  /** The wait before the next attempt ends now. */
  | { readonly kind: 'retry-now'; readonly node: number; readonly at: At; readonly by: string | null }
  /** What a person says a parked task has come to. */
  | {
      readonly kind: 'resolve';
      readonly node: number;
      readonly at: At;
      readonly outcome: 'succeeded' | 'failed' | 'retry';
      /** Of a success; null: null. */
      readonly output: JsonText | null;
      readonly reason: string | null;
      readonly by: string | null;
      /** What is known of its effects by now; of those that are not named, with `retry`: they have not happened. */
      readonly effects?: readonly EffectFinding[];
    }
  /** What a person has found out about effects that an ended task has left in doubt. */
  | {
      readonly kind: 'settle';
      readonly node: number;
      readonly at: At;
      readonly effects: readonly EffectFinding[];
      readonly reason: string | null;
      readonly by: string | null;
    }
  /** The engine itself cannot carry this run on: it fails, what is open is asked to stop. */
  | { readonly kind: 'abort'; readonly error: TaskError }
  /** Look at the run itself: is its timeout over? */
  | { readonly kind: 'look' }
  /** Derive again what must be in flight: a message may have been lost between commit and publish. */
  | { readonly kind: 'recover' };
