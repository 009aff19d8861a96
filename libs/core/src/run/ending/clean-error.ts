import { type Json, parseJsonText, toJsonText } from '../../json.js';
import type { TaskError } from '../state/outcome.js';

const LONGEST_MESSAGE = 8_192;
const LONGEST_CODE = 200;
const LONGEST_DETAILS = 65_536;

/** An error as the ledger keeps it: of bounded length, and without what Postgres does not take. `details` may be anything. */
export function cleanError(code: string, message: string, details?: unknown): TaskError {
  return {
    code: cleanText(code, LONGEST_CODE),
    message: cleanText(message, LONGEST_MESSAGE),
    ...(details === undefined ? {} : { details: cleanDetails(details) }),
  };
}

/** Postgres takes neither NUL nor lone surrogates. */
const cleanText = (text: string, longest: number): string => text.slice(0, longest).toWellFormed().replaceAll('\u0000', '\uFFFD');

function cleanDetails(details: unknown): Json {
  try {
    const text = toJsonText(details);
    return text.length <= LONGEST_DETAILS ? parseJsonText(text) : `details of ${text.length} characters are too large to keep`;
  } catch {
    return null;
  }
}
