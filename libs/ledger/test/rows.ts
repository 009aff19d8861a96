import {
  fence,
  type JsonText,
  NO_ORIGIN,
  NO_PROGRESS,
  type RunId,
  type RunState,
  runId,
  type TaskState,
  type VersionId,
  versionId,
} from '@reprise/core';
import { systemClock } from '@reprise/service';
import { type Database, StartStore, type StartWrite, type Ticket } from '../src/index.js';

export const json = (value: unknown): JsonText => JSON.stringify(value) as JsonText;
export const newRunId = (): RunId => runId(systemClock.uuidv7());
export const newVersionId = (): VersionId => versionId(systemClock.uuidv7());

/** A run that has just started: one task, ready. */
export function newRun(fields: Partial<RunState> = {}): RunState {
  const now = systemClock.now();
  return {
    id: newRunId(),
    status: 'running',
    scope: { kind: 'scope', states: 'a', closing: null, error: null },
    input: json({}),
    output: null,
    error: null,
    labels: {},
    createdAt: now,
    startedAt: now,
    endedAt: null,
    dueAt: null,
    watchAt: null,
    origin: NO_ORIGIN,
    progress: NO_PROGRESS,
    ...fields,
  };
}

/** Ready to be claimed, at its first attempt. */
export function newTask(fields: Partial<TaskState> = {}): TaskState {
  const now = systemClock.now();
  return {
    node: 0,
    at: '',
    status: 'ready',
    attempt: 1,
    fence: fence(1),
    claim: null,
    executor: null,
    queue: 'default',
    createdAt: now,
    queuedAt: now,
    startedAt: null,
    endedAt: null,
    leaseUntil: null,
    dueAt: null,
    watchAt: now + 30_000,
    queueUntil: null,
    totalUntil: null,
    cancelling: false,
    input: json({ page: 1 }),
    secrets: null,
    output: null,
    error: null,
    why: null,
    memory: null,
    guard: null,
    progress: null,
    idempotencyKey: null,
    recorded: null,
    ...fields,
  };
}

export function newStart(run: RunState, tasks: readonly TaskState[], fields: Partial<StartWrite> = {}): StartWrite {
  return { run, version: newVersionId(), workflow: 'pages', trigger: 'api', key: null, tasks, attempts: [], ...fields };
}

/** Runs with one task each, as `fields` say; returns the tickets of those tasks. */
export async function insertTasks(
  database: Database,
  count: number,
  fields: Partial<TaskState> = {},
): Promise<readonly Ticket[]> {
  const starts = Array.from({ length: count }, () => newStart(newRun(), [newTask(fields)]));
  await new StartStore(database).insertRuns(starts);
  return starts.map(({ run, tasks }) => {
    const { node = 0, at = '', fence: current = fence(1) } = tasks[0] ?? {};
    return { run: run.id, node, at, fence: current };
  });
}

export const shuffled = <Value>(values: readonly Value[]): Value[] =>
  values
    .map((value) => ({ value, place: systemClock.unit() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value);
