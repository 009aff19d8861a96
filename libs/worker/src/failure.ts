import type { Json, Outcome, PartialRetryPolicy } from '@reprise/core';
import { JsonError, parseJsonText, toJsonText } from '@reprise/core';
import { saysNotHappened } from './never-happened.js';
import { TaskError } from './task-error.js';

type Failure = Extract<Outcome, { kind: 'failed' }>;

const LONGEST_MESSAGE = 8_192;
const LONGEST_CODE = 200;
const LONGEST_DETAILS = 65_536;

/** Whatever a handler throws, as an outcome: errors, strings, nothing at all, things whose fields throw when they are read. */
export function failureOf(thrown: unknown, handlerRetry: PartialRetryPolicy | null): Failure {
  const isSaid = attemptTo(() => thrown instanceof TaskError) === true;
  const details = isSaid ? field(thrown, 'details') : undefined;
  const retryable = isSaid ? field(thrown, 'retryable') : null;
  const retryAfterMs = isSaid ? field(thrown, 'retryAfterMs') : null;
  return {
    kind: 'failed',
    error: {
      code: codeOf(thrown),
      message: cleanText(messageOf(thrown), LONGEST_MESSAGE),
      ...(details === undefined ? {} : { details: cleaned(details) }),
    },
    retryable: typeof retryable === 'boolean' ? retryable : null,
    retryAfterMs: typeof retryAfterMs === 'number' && Number.isFinite(retryAfterMs) ? Math.max(0, retryAfterMs) : null,
    ...(saysNotHappened(thrown) ? { happened: false as const } : {}),
    ...(handlerRetry === null ? {} : { handlerRetry }),
  };
}

/** An own code such as ECONNREFUSED says more than INTERNAL. */
function codeOf(thrown: unknown): string {
  const code = field(thrown, 'code');
  return typeof code === 'string' && code !== '' ? cleanText(code, LONGEST_CODE) : 'INTERNAL';
}

function messageOf(thrown: unknown): string {
  const message = field(thrown, 'message');
  if (typeof message === 'string') return message;
  if (thrown === undefined) return 'the handler threw nothing';
  return `the handler threw ${attemptTo(() => String(thrown)) ?? 'something that cannot be shown'}`;
}

const field = (thrown: unknown, name: string): unknown =>
  typeof thrown === 'object' && thrown !== null ? attemptTo(() => Reflect.get(thrown, name)) : undefined;

/** Read on its own: an error may be anything, and reading all of one may throw. */
export const stackOf = (thrown: unknown): string | undefined =>
  attemptTo(() => (thrown instanceof Error ? thrown.stack : undefined));

/** A failure must not die of reading itself. */
function attemptTo<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Postgres takes neither NUL nor lone surrogates. */
const cleanText = (text: string, longest: number): string => text.slice(0, longest).toWellFormed().replaceAll('\u0000', '\uFFFD');

function cleaned(details: unknown): Json {
  try {
    const text = toJsonText(details);
    return text.length <= LONGEST_DETAILS ? parseJsonText(text) : `details of ${text.length} characters are too large to keep`;
  } catch (error) {
    if (error instanceof JsonError) return null;
    throw error;
  }
}
