import type { Limits } from '@reprise/service';
import type { Attempt, AttemptLogger, TaskError } from '@reprise/worker';

export const LIMITS: Limits = {
  maxInputBytes: 1e6,
  maxOutputBytes: 100_000,
  maxEventBytes: 1e6,
  maxBatchBytes: 1e6,
  maxDocumentBytes: 1e6,
  maxDepth: 64,
  maxTasks: 100,
  maxItems: 100,
};

export interface AttemptUnderTest extends Attempt {
  /** What it has written: `source message`. */
  readonly written: readonly string[];
  /** As the executor does on a timeout, a cancel or a lost lease. */
  stop(): void;
}

export function attemptUnderTest(overrides: Partial<Attempt> = {}): AttemptUnderTest {
  const stopping = new AbortController();
  const written: string[] = [];
  const say = (message: string) => void written.push(`log ${message}`);
  const output: AttemptLogger['output'] = (stream, line) => void written.push(`${stream} ${line}`);
  return {
    run: '0190b5a0-0000-7000-8000-000000000001',
    workflow: 'sample',
    task: 'step',
    call: 'sample',
    number: 1,
    key: 'key-1',
    fence: 7,
    deadline: Date.now() + 60_000,
    traceparent: null,
    tracestate: null,
    signal: stopping.signal,
    log: { debug: say, info: say, warn: say, error: say, output },
    heartbeat: () => undefined,
    transaction: () => Promise.reject(new Error('no ledger in this test')),
    effect: () => Promise.reject(new Error('not supported')),
    ...overrides,
    written,
    stop: () => stopping.abort(),
  };
}

/** What a task failed with; fails the test if it did not. */
export async function failureOf(running: Promise<unknown>): Promise<TaskError> {
  const value = await running.then(
    (output) => ({ output }),
    (error: TaskError) => error,
  );
  if ('output' in value) throw new Error(`succeeded with ${JSON.stringify(value.output)}`);
  return value;
}
