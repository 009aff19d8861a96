import { UserSqlError } from '@reprise/ledger';
import { errorCode, isError } from '@reprise/service';
import { type Attempt, TaskError } from '@reprise/worker';
import { stoppedError } from './stopped.js';

/** 22 data, 23 constraints, 42 syntax and rights: the same statement will fail again. */
const FOR_GOOD = /^(22|23|42)...$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
const SHOWN_DETAIL = 500;

/** What went wrong with users' SQL, in the terms of a task. What says who may write (`STALE`, `AMBIGUOUS`) passes as it is: it is for the executor. */
export function sqlFailure(error: unknown, query: string, names: readonly string[], attempt: Attempt): unknown {
  if (error instanceof TaskError) return error;
  if (attempt.signal.aborted) return stoppedError(attempt);
  if (error instanceof UserSqlError) return ownFailure(error, names);
  const state = errorCode(error);
  if (state === null || !SQLSTATE.test(state) || !isError(error)) return connectionFailure(error, state);
  return new TaskError(`sql.${state}`, `${error.message}${placeOf(error, query)}${hintOf(error)}`, {
    ...(FOR_GOOD.test(state) ? { retryable: false } : {}),
    details: detailsOf(error),
    cause: error,
  });
}

function ownFailure(error: UserSqlError, names: readonly string[]): unknown {
  switch (error.code) {
    case 'TOO_LARGE':
      return new TaskError('sql.TOO_LARGE', error.message, { retryable: false });
    case 'TRANSACTION_CONTROL':
      return new TaskError('INVALID_INPUT', `sql: ${error.message}`, { retryable: false, details: { field: 'query' } });
    case 'UNKNOWN_CONNECTION':
      return new TaskError('INVALID_INPUT', `sql: ${error.message}; known: ${names.join(', ')}`, { retryable: false });
    case 'LOGIN':
      return new TaskError('sql.28000', error.message, { details: { happened: false }, cause: error });
    case 'CANCELLED':
      return new TaskError('CANCELLED', error.message);
    case 'ENDED':
    case 'STALE':
    case 'AMBIGUOUS':
      return error;
  }
}

const BEFORE_CONNECTING = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** By the SQLSTATEs of lost connections: 08001 could not connect, 08006 broke off. */
function connectionFailure(error: unknown, code: string | null): TaskError {
  const message = isError(error) && error.message !== '' ? error.message : (code ?? String(error));
  const never = (code !== null && BEFORE_CONNECTING.has(code)) || /timeout exceeded when trying to connect/.test(message);
  return new TaskError(never ? 'sql.08001' : 'sql.08006', `no connection to the database: ${message}`, {
    details: { ...(code === null ? {} : { cause: code }), ...(never ? { happened: false } : {}) },
    cause: error,
  });
}

const textOf = (error: Error, name: string): string | null => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : null;
};

/** Postgres counts characters from 1 over the whole text. */
function placeOf(error: Error, query: string): string {
  const position = Number(textOf(error, 'position'));
  if (!Number.isInteger(position) || position < 1) return '';
  const before = [...query]
    .slice(0, position - 1)
    .join('')
    .split('\n');
  return ` (line ${before.length}, column ${[...(before.at(-1) ?? '')].length + 1})`;
}

function hintOf(error: Error): string {
  const hint = textOf(error, 'hint');
  return hint === null ? '' : `. ${hint}`;
}

function detailsOf(error: Error): Record<string, string> {
  const entries = ['detail', 'schema', 'table', 'column', 'constraint'].flatMap((name) => {
    const value = textOf(error, name);
    return value === null ? [] : [[name, value.slice(0, SHOWN_DETAIL)] as const];
  });
  return Object.fromEntries(entries);
}
