import type { ChildName } from '../../workflow/child-name.js';
import type { DocumentLimits } from '../values/limits.js';
import type { Report } from '../values/problem.js';

/** A handler that the document calls, and where it says so. */
export interface CallSite {
  readonly call: string;
  /** Of the task, else of the workflow's defaults, else `default`. */
  readonly queue: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A workflow that the document starts as a child, and where it says so. */
export interface ChildSite extends ChildName {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

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
