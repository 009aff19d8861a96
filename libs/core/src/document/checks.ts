import type { CallSite } from './check-call.js';
import type { ChildSite } from './check-child.js';
import type { DocumentLimits } from './limits.js';
import type { Report } from './problem.js';

/** What every check of one document shares. */
export interface Checks {
  readonly report: Report;
  readonly limits: DocumentLimits;
  /** Handlers the document calls, in its order; filled while checking. */
  readonly calls: CallSite[];
  /** Workflows it starts as children, in its order. */
  readonly children: ChildSite[];
  /** When it is registered, epoch milliseconds; null: nobody knows. */
  readonly now: number | null;
  /** For calls that name no queue. */
  readonly defaultQueue: string;
  /** Among the tasks of `onFailure`. */
  readonly afterFailure?: true;
  /** Tasks seen so far, those inside groups too. */
  taskCount: number;
}
