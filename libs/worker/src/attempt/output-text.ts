import { JsonError, type JsonText, toJsonText } from '@reprise/core';
import { TaskError } from '../handlers/task-error.js';

/** What a handler gave, as it is stored. @throws TaskError `NOT_SERIALIZABLE`, `OUTPUT_TOO_LARGE` */
export function outputText(result: unknown, maxOutputBytes: number): JsonText {
  const text = serialize(result);
  // A UTF-16 unit is at most three bytes: counting is for the few that come near.
  if (text.length * 3 <= maxOutputBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxOutputBytes) return text;
  const message = `the output has ${bytes} bytes, more than the limit of ${maxOutputBytes}`;
  throw new TaskError('OUTPUT_TOO_LARGE', message, { retryable: false });
}

function serialize(result: unknown): JsonText {
  try {
    return toJsonText(result);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new TaskError('NOT_SERIALIZABLE', `the result is ${error.message}`, {
      retryable: false,
      cause: error,
    });
  }
}
