import type { Json } from '@reprise/core';
import { sendableValues, type UserResult, type UserSql } from '@reprise/ledger';
import { closestName, type Limits, systemClock } from '@reprise/service';
import { type Attempt, type HandlerDefinition, TaskError } from '@reprise/worker';
import { InputReader } from './read-input.js';
import { sqlFailure } from './sql-failure.js';
import { refuseIfStopped } from './stopped.js';

const FIELDS = ['connection', 'query', 'params'];
const LEDGER = 'ledger';
const MOST_ROWS = 10_000;

/** `sql {connection, query, params}` → `{rows, rowCount}`. On the ledger, effect and outcome commit together. */
export function sqlHandler(databases: UserSql, limits: Limits): HandlerDefinition {
  return {
    name: 'sql',
    effect: 'transactional',
    attemptTimeoutMs: null,
    heartbeatTimeoutMs: null,
    retry: null,
    run: (input, attempt) => runSql(input, attempt, databases, limits),
  };
}

async function runSql(given: Json, attempt: Attempt, databases: UserSql, limits: Limits): Promise<unknown> {
  const input = new InputReader('sql', given, FIELDS);
  const query = input.requiredText('query');
  const params = input.list('params');
  const names = [LEDGER, ...databases.names];
  const connection = readConnection(input, names);
  refuseIfStopped(attempt);
  try {
    return await (connection === LEDGER
      ? onLedger(query, params, attempt, limits)
      : elsewhere(databases, connection, query, params, attempt, limits));
  } catch (error) {
    throw sqlFailure(error, query, names, attempt);
  }
}

function readConnection(input: InputReader, names: readonly string[]): string {
  const given = input.text('connection') ?? LEDGER;
  const name = given.toLowerCase();
  if (names.includes(name)) return name;
  const near = closestName(name, names);
  const hint = near === null ? `known: ${names.join(', ')}` : `did you mean "${near}"?`;
  throw input.refuse(
    'connection',
    `names no connection of this executor: "${given}" (REPRISE_CONNECTION_${given.toUpperCase()}); ${hint}`,
  );
}

function onLedger(query: string, params: readonly Json[], attempt: Attempt, limits: Limits): Promise<UserResult> {
  return attempt.transaction(async (transaction) => {
    const values = await sendableValues((text) => transaction.query(text), query, params);
    const { rows, rowCount } = await transaction.query(query, values);
    if (rows.length > MOST_ROWS) throw tooLarge(`${MOST_ROWS} rows`);
    // Before the commit: an output that cannot be kept must undo the effect.
    if (Buffer.byteLength(JSON.stringify(rows)) > limits.maxOutputBytes)
      throw tooLarge(`${limits.maxOutputBytes} bytes (REPRISE_MAX_OUTPUT_BYTES)`);
    return { rows, rowCount };
  });
}

function elsewhere(
  databases: UserSql,
  connection: string,
  query: string,
  params: readonly Json[],
  attempt: Attempt,
  limits: Limits,
): Promise<UserResult> {
  return databases.query(connection, query, params, {
    maximumRows: MOST_ROWS,
    maximumBytes: limits.maxOutputBytes,
    signal: attempt.signal,
    timeoutMs: attempt.deadline - systemClock.now(),
  });
}

const tooLarge = (what: string): TaskError =>
  new TaskError('sql.TOO_LARGE', `the result is larger than ${what}: select less, or page by page`, { retryable: false });
