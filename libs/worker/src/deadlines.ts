import { TaskError } from './task-error.js';

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
  private readonly timers = new Set<NodeJS.Timeout>();
  private beating: NodeJS.Timeout | null = null;
  private expire: (error: TaskError) => void = () => undefined;

  constructor(private readonly limits: AttemptLimits) {
    this.expired = new Promise((resolve) => {
      this.expire = resolve;
    });
    const isTotal = limits.totalMs !== null && limits.totalMs < limits.attemptMs;
    this.attemptMs = isTotal && limits.totalMs !== null ? limits.totalMs : limits.attemptMs;
    this.timers.add(this.arm(this.attemptMs, isTotal ? 'total' : 'attempt'));
    this.beat();
  }

  /** The handler is alive. */
  beat(): void {
    if (this.limits.heartbeatMs === null) return;
    if (this.beating === null) this.beating = this.arm(this.limits.heartbeatMs, 'heartbeat');
    else this.beating.refresh();
  }

  clear(): void {
    for (const timer of this.timers) clearTimeout(timer);
    if (this.beating !== null) clearTimeout(this.beating);
  }

  private arm(ms: number, kind: 'attempt' | 'total' | 'heartbeat'): NodeJS.Timeout {
    return setTimeout(() => this.expire(timeoutError(kind, ms)), Math.min(ms, LONGEST_TIMER_MS));
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
