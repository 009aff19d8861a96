import { errorCode, isError } from '../error-code.js';

/** Which of Node's and Postgres' error codes mean "not there now, try again" rather than "wrong". */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** 08: connection exception · 53x00: short of files, disk, memory or connections · 57P0x: server stops, crashed or starts · 25006: a replica after a failover. */
const POSTGRES = /^(08...|53[0-3]00|57P0[1-3]|25006)$/;
/** Our own libraries say so themselves, e.g. `LEDGER_UNREACHABLE`, `BROKER_UNREACHABLE`. */
const OURS = /_(UNREACHABLE|UNAVAILABLE)$/;
/** The pg driver throws these without a code. */
const MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** The code (or message) by which an error, or one that caused it, says that the database or the broker cannot be reached; else null. */
export function unreachableCode(error: unknown, depth = 0): string | null {
  if (!isError(error) || depth > 8) return null;
  const code = errorCode(error) ?? '';
  if (NETWORK.has(code) || POSTGRES.test(code) || OURS.test(code)) return code;
  if (MESSAGES.test(error.message)) return error.message;
  const inners = 'errors' in error && Array.isArray(error.errors) ? [...error.errors, error.cause] : [error.cause];
  for (const inner of inners) {
    const found = unreachableCode(inner, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
