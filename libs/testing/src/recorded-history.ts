import {
  type AttemptRecord,
  decideRetry,
  FIRST_WHY,
  fence,
  type JsonText,
  NO_ORIGIN,
  NO_PROGRESS,
  type PartialRetryPolicy,
  type RetryMemory,
  type RunId,
  type RunState,
  resolveRetry,
  runId,
  type TaskState,
  type TaskStatus,
  type VersionId,
  type Why,
} from '@reprise/core';
import { type Database, StartStore } from '@reprise/ledger';

/** One run of a workflow whose first task, a call, has come to this. */
export interface History {
  /** Epoch milliseconds: when the run was created and its first attempt began. */
  readonly startedAt: number;
  /** What its attempts failed with, each within a second; `LOST`: lost with the executor. When they have run out it succeeds. */
  readonly codes: readonly string[];
  readonly retry: PartialRetryPolicy;
  /** Node of the workflow; default 0. */
  readonly node?: number;
  /** Instead of what follows from its attempts. */
  readonly status?: TaskStatus;
  readonly dueAt?: number | null;
  /** The draw of its jitters, in [0, 1); default: the middle. */
  readonly unit?: number;
}

const TOOK_MS = 1_000;
const JSON_NULL = 'null' as JsonText;

/** Writes histories as the engine would have recorded them: by its own decisions. */
export class RecordedHistory {
  private written = 0;

  constructor(
    private readonly database: Database,
    private readonly workflow: string,
    private readonly version: VersionId,
  ) {}

  async write(histories: readonly History[]): Promise<readonly RunId[]> {
    const starts = histories.map((history) => {
      const { task, attempts } = lived(history);
      const run = this.runOf(history, task);
      const { version, workflow } = this;
      return { run, version, workflow, trigger: 'api', key: null, tasks: [task], attempts };
    });
    await this.database.transaction((session) => new StartStore(session).insertRuns(starts));
    return starts.map(({ run }) => run.id);
  }

  private runOf({ startedAt, dueAt = null }: History, { endedAt, status }: TaskState): RunState {
    this.written += 1;
    const time = startedAt.toString(16).padStart(12, '0');
    const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${this.written.toString(16).padStart(12, '0')}`;
    const failed = status === 'failed' ? 'failed' : 'running';
    const states = { succeeded: 's', failed: 'f' }[String(status)] ?? 'o';
    return {
      id: runId(id),
      status: status === 'succeeded' ? 'succeeded' : failed,
      scope: { kind: 'scope', states, closing: null, error: null },
      input: '{}' as JsonText,
      output: null,
      error: null,
      labels: {},
      createdAt: startedAt,
      startedAt,
      endedAt: status === 'succeeded' || status === 'failed' ? endedAt : null,
      dueAt,
      watchAt: null,
      origin: NO_ORIGIN,
      progress: NO_PROGRESS,
    };
  }
}

interface Lived {
  readonly task: TaskState;
  readonly attempts: readonly AttemptRecord[];
}

function lived(history: History): Lived {
  const { codes, startedAt, retry, node = 0, dueAt = null, unit = 0.5 } = history;
  const attempts: AttemptRecord[] = [];
  let memory: RetryMemory | null = null;
  let why: Why = FIRST_WHY;
  let at = startedAt;
  const recordOf = (attempt: number): Omit<AttemptRecord, 'outcome' | 'error' | 'verdict'> => ({
    node,
    at: '',
    attempt,
    fence: fence(2 * attempt),
    executor: 'e1',
    queuedAt: at,
    startedAt: at,
    endedAt: at + TOOK_MS,
    why,
  });
  for (const [index, code] of codes.entries()) {
    const kind = code === 'LOST' ? 'lost' : 'failed';
    const decided = decideRetry({
      policy: resolveRetry(retry),
      memory,
      failure: { kind, code, retryable: null, retryAfterMs: null },
      attempt: index + 1,
      startedAt: at,
      now: at + TOOK_MS,
      deadlineAt: dueAt,
      unit,
    });
    attempts.push({ ...recordOf(index + 1), outcome: kind, error: { code, message: code }, verdict: decided.why });
    if (decided.kind === 'exhausted')
      return { attempts, task: taskOf(history, index + 1, decided.action === 'park' ? 'parked' : 'failed', at) };
    memory = decided.memory;
    why = decided.why;
    at += TOOK_MS + decided.delayMs;
  }
  const number = codes.length + 1;
  if (number > 1) attempts.push({ ...recordOf(number), outcome: 'succeeded', error: null, verdict: null });
  return { attempts, task: taskOf(history, number, 'succeeded', at) };
}

function taskOf({ node = 0, status: wanted, startedAt }: History, attempt: number, lastly: TaskStatus, at: number): TaskState {
  const status = wanted ?? lastly;
  const hasEnded = ['succeeded', 'failed', 'cancelled', 'skipped'].includes(status);
  return {
    node,
    at: '',
    status,
    attempt,
    fence: fence(2 * attempt + 1),
    claim: null,
    executor: 'e1',
    queue: 'default',
    createdAt: startedAt,
    queuedAt: at,
    startedAt: at,
    endedAt: hasEnded ? at + TOOK_MS : null,
    leaseUntil: null,
    dueAt: status === 'retrying' ? at : null,
    watchAt: null,
    queueUntil: null,
    totalUntil: null,
    cancelling: false,
    input: '{}' as JsonText,
    secrets: null,
    output: status === 'succeeded' ? JSON_NULL : null,
    error: null,
    why: null,
    memory: null,
    guard: null,
    progress: null,
    idempotencyKey: null,
    recorded: null,
  };
}
