import type { CallWork, Guard, Json, Limits, Origin, RunId } from '@reprise/core';
import type { Fates } from './fates.js';
import type { ReadRun } from './read-run.js';
import type { SimulatedGuards } from './simulated-admissions.js';
import type { SimulatedWorkflows } from './simulated-children.js';
import type { SimulatedHandler } from './simulated-handler.js';
import type { SimulatedPeople } from './simulated-people.js';

/** What the services allow unless they are told otherwise. */
export const LIMITS: Limits = { maxInputBytes: 262_144, maxOutputBytes: 1_048_576, maxItems: 100_000 };
export const START = Date.UTC(2026, 0, 1);

export interface InterpreterOptions {
  readonly id?: RunId;
  /** When the run is started, epoch milliseconds; the beginning of 2026 if it is not said. */
  readonly startAt?: number;
  readonly input?: Json;
  readonly labels?: Readonly<Record<string, string>>;
  /** Answers every call; `{}` after 10 ms if there is none. */
  readonly handler?: SimulatedHandler;
  /** How an attempt must be judged should nobody hear how it ended; what the document says if there is none. */
  readonly guard?: (work: CallWork) => Guard | null;
  /** Answers approvals; nobody does if there is none. */
  readonly people?: SimulatedPeople;
  /** What becomes of the child runs that tasks ask for; they succeed without an output after 10 ms if it does not say. */
  readonly workflows?: SimulatedWorkflows;
  /** Breakers, retry budgets and limits of handlers; default: none. */
  readonly guards?: SimulatedGuards;
  /** The run is queued at first, and is given its place so many milliseconds later. */
  readonly placeAfterMs?: number;
  /** The run begins with this task of the root, and takes over what that other run has done before it. */
  readonly after?: { readonly run: ReadRun; readonly from: string };
  /** Who started the run; nobody known if absent. */
  readonly startedBy?: string;
  /** Where it comes from; nowhere if absent. */
  readonly origin?: Partial<Origin>;
  readonly fates?: Fates;
  readonly limits?: Partial<Limits>;
  /** Texts longer than this do not come with their row; default 200. */
  readonly storedAbove?: number;
  readonly leaseMs?: number;
  /** Random numbers for jitter; always 0.5 if there is none. */
  readonly unit?: () => number;
  /** Checks every decision for purity and every commit against the laws; true unless said otherwise. */
  readonly checked?: boolean;
}
