/** What may follow what. A new status that is missing here does not compile. */
export const RUN_STATUSES = ['queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const NEXT_RUN = {
  queued: ['running', 'succeeded', 'failed', 'cancelled'],
  running: ['paused', 'succeeded', 'failed', 'cancelled'],
  paused: ['running', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: ['running'],
  cancelled: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>;

export const TASK_STATUSES = [
  'pending',
  'ready',
  'running',
  'retrying',
  'waiting',
  'parked',
  'succeeded',
  'failed',
  'skipped',
  'cancelled',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const NEXT_TASK = {
  pending: ['ready', 'running', 'retrying', 'waiting', 'parked', 'succeeded', 'failed', 'skipped', 'cancelled'],
  ready: ['running', 'retrying', 'parked', 'succeeded', 'failed', 'cancelled'],
  running: ['ready', 'retrying', 'waiting', 'parked', 'succeeded', 'failed', 'cancelled'],
  retrying: ['ready', 'running', 'parked', 'failed', 'cancelled'],
  waiting: ['running', 'succeeded', 'failed', 'cancelled'],
  parked: ['ready', 'succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  skipped: [],
  cancelled: [],
} as const satisfies Record<TaskStatus, readonly TaskStatus[]>;

const ENDED_RUN: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled']);
const ENDED_TASK: ReadonlySet<TaskStatus> = new Set(['succeeded', 'failed', 'skipped', 'cancelled']);

export const hasRunEnded = (status: RunStatus): boolean => ENDED_RUN.has(status);
export const hasTaskEnded = (status: TaskStatus): boolean => ENDED_TASK.has(status);
