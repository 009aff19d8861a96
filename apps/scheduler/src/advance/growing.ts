import {
  type AdmissionAnswer,
  type ApprovalState,
  type ChildState,
  type ItemResults,
  type Json,
  type JsonText,
  type KeptEvents,
  type Loaded,
  nothingLoaded,
  type RunId,
  type RunState,
  type TaskState,
} from '@reprise/core';

/** What a decision has been shown so far. */
export interface Growing extends Loaded {
  readonly tasks: Map<string, TaskState | null>;
  readonly slices: Map<string, readonly Json[]>;
  readonly items: Map<string, ItemResults>;
  readonly texts: Map<string, JsonText>;
  open: boolean;
  readonly events: Map<string, KeptEvents>;
  readonly children: Map<RunId, ChildState | null>;
  readonly approvals: Map<string, ApprovalState | null>;
  readonly admissions: Map<string, AdmissionAnswer>;
  undoable: readonly TaskState[] | null;
  slot: 'held' | 'waiting' | null;
}

export const growing = (run: RunState, tasks: ReadonlyMap<string, TaskState | null>): Growing => ({
  ...nothingLoaded(run),
  tasks: new Map(tasks),
  slices: new Map(),
  items: new Map(),
  texts: new Map(),
  events: new Map(),
  children: new Map(),
  approvals: new Map(),
  admissions: new Map(),
});

/** Grows with everything that is added: what was asked for and is not there would be asked for again, for ever. */
export const sizeOf = (loaded: Growing): number =>
  [loaded.tasks, loaded.slices, loaded.items, loaded.texts, loaded.events, loaded.children, loaded.approvals, loaded.admissions]
    .map((known) => known.size)
    .reduce((sum, size) => sum + size, 0) + [loaded.open, loaded.undoable !== null, loaded.slot !== null].filter(Boolean).length;
