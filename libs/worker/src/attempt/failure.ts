import { cleanError, type Outcome, type PartialRetryPolicy } from '@reprise/core';
import { TaskError } from '../handlers/task-error.js';
import { saysNotHappened } from './never-happened.js';

type Failure = Extract<Outcome, { kind: 'failed' }>;

/** Whatever a handler throws, as an outcome: errors, strings, nothing at all, things whose fields throw when they are read. */
export function failureOf(thrown: unknown, handlerRetry: PartialRetryPolicy | null): Failure {
  const isSaid = attemptTo(() => thrown instanceof TaskError) === true;
  const details = isSaid ? field(thrown, 'details') : undefined;
  const retryable = isSaid ? field(thrown, 'retryable') : null;
  const retryAfterMs = isSaid ? field(thrown, 'retryAfterMs') : null;
  return {
    kind: 'failed',
    error: cleanError(codeOf(thrown), messageOf(thrown), details),
    retryable: typeof retryable === 'boolean' ? retryable : null,
    retryAfterMs: typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : null,
    ...(saysNotHappened(thrown) ? { happened: false as const } : {}),
    ...(handlerRetry === null ? {} : { handlerRetry }),
  };
}

/** An own code such as ECONNREFUSED says more than INTERNAL. */
function codeOf(thrown: unknown): string {
  const code = field(thrown, 'code');
  return typeof code === 'string' && code !== '' ? code : 'INTERNAL';
}

function messageOf(thrown: unknown): string {
  const message = field(thrown, 'message');
  if (typeof message === 'string') return message;
  if (thrown === undefined) return 'the handler threw nothing';
  return `the handler threw ${attemptTo(() => String(thrown)) ?? 'something that cannot be shown'}`;
}

const field = (thrown: unknown, name: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? attemptTo(() => Reflect.get(thrown, name)) : undefined;

const DEEPEST_CAUSE = 8;
const LONGEST_TEXT = 16_384;

/** For the log: what was thrown, where, and what caused it. Each field is read on its own: reading all of such an error may throw. */
export function shownError(thrown: unknown, depth = 0): object {
  const stack = field(thrown, 'stack');
  const cause = field(thrown, 'cause');
  return {
    code: codeOf(thrown),
    message: messageOf(thrown).slice(0, LONGEST_TEXT),
    ...(typeof stack === 'string' ? { stack: stack.slice(0, LONGEST_TEXT) } : {}),
    ...(cause === undefined || cause === null || depth >= DEEPEST_CAUSE ? {} : { cause: shownError(cause, depth + 1) }),
  };
}

/** A failure must not die of reading itself. */
function attemptTo<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export const notTransactional = (call: string): TaskError =>
  new TaskError(
    'NOT_TRANSACTIONAL',
    `the task says \`effect: transactional\`, but ${call} has written nothing through attempt.transaction`,
    { retryable: false },
  );
