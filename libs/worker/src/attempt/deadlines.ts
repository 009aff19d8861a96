import { TaskError } from '../handlers/task-error.js';

export interface AttemptLimits {
  readonly attemptMs: number;
  /** What is left of the task's total time; null: no limit. */
  readonly totalMs: number | null;
  /** Longest silence of the handler; null: it need not beat. */
  readonly heartbeatMs: number | null;
}

/** `setTimeout` with more than this fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clocks of one attempt: its own timeout, what is left of the total, and the handler's heartbeat. */
export class Deadlines {
  /** Resolves with the error of whichever runs out first; never, when cleared before. */
  readonly expired: Promise<TaskError>;
  readonly attemptMs: number;
  private deadline: NodeJS.Timeout | undefined;
  private beating: NodeJS.Timeout | null = null;
  private expire: (error: TaskError) => void = () => undefined;

  constructor(private readonly limits: AttemptLimits) {
    this.expired = new Promise((resolve) => {
      this.expire = resolve;
    });
    const isTotal = limits.totalMs !== null && limits.totalMs < limits.attemptMs;
    this.attemptMs = isTotal && limits.totalMs !== null ? limits.totalMs : limits.attemptMs;
    this.waitFor(this.attemptMs, isTotal ? 'total' : 'attempt');
    this.beat();
  }

  /** The handler is alive. */
  beat(): void {
    if (this.limits.heartbeatMs === null) return;
    if (this.beating !== null) {
      this.beating.refresh();
      return;
    }
    const { heartbeatMs } = this.limits;
    this.beating = setTimeout(() => this.expire(timeoutError('heartbeat', heartbeatMs)), Math.min(heartbeatMs, LONGEST_TIMER_MS));
  }

  clear(): void {
    clearTimeout(this.deadline);
    if (this.beating !== null) clearTimeout(this.beating);
  }

  /** One timer after the other, where one cannot be that long. */
  private waitFor(leftMs: number, kind: 'attempt' | 'total'): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.deadline = setTimeout(() => {
      if (leftMs > stepMs) this.waitFor(leftMs - stepMs, kind);
      else this.expire(timeoutError(kind, this.attemptMs));
    }, stepMs);
  }
}

function timeoutError(kind: 'attempt' | 'total' | 'heartbeat', ms: number): TaskError {
  const what = {
    attempt: `the attempt took longer than its timeout of ${ms} ms`,
    total: 'the total time of the task is over',
    heartbeat: `the handler gave no heartbeat for ${ms} ms`,
  } as const;
  return new TaskError('TIMEOUT', what[kind], { details: { kind } });
}
