import type { At } from '../../address.js';
import type { RunId } from '../../ids.js';
import type { Json, JsonText } from '../../json.js';
import type { PartialRetryPolicy } from '../../retry/index.js';

/** Why something failed, in words for people and a code for rules. */
export interface TaskError {
  readonly code: string;
  readonly message: string;
  readonly details?: Json;
  /** Path of the task it came from, where that is not the task that bears it. */
  readonly task?: string;
}

/** The task instance under whose business key the work was done that answers for another. */
export interface Answerer {
  readonly run: RunId;
  readonly node: number;
  readonly at: At;
}

/** What an executor reports of one attempt. */
export type Outcome =
  | {
      readonly kind: 'succeeded';
      readonly output: JsonText;
      /** No handler ran: a success under its business key answered. */
      readonly fromLedger?: true;
      /** Whose success that was; absent: nobody said so. */
      readonly owner?: Answerer;
      /** Retry fields of the handler's own declaration, should `succeedWhen` refuse the result. */
      readonly handlerRetry?: PartialRetryPolicy;
    }
  | {
      readonly kind: 'failed';
      readonly error: TaskError;
      /** What the handler said; null: nothing, the policy decides. */
      readonly retryable: boolean | null;
      /** The wait the handler asks for; 0 = now. */
      readonly retryAfterMs: number | null;
      /** false: nothing of its work was done. Absent: nobody said so. */
      readonly happened?: false;
      /** Retry fields of the handler's own declaration, below the document's in precedence. */
      readonly handlerRetry?: PartialRetryPolicy;
    }
  | { readonly kind: 'cancelled' };
