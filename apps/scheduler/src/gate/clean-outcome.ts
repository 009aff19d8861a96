import { cleanError, type Outcome } from '@reprise/core';

/** An outcome as the ledger keeps it, whatever a worker said: bounded, and its text such that Postgres takes it. */
export function cleanOutcome(outcome: Outcome, maxOutputBytes: number): Outcome {
  switch (outcome.kind) {
    case 'failed':
      return { ...outcome, error: cleanError(outcome.error.code, outcome.error.message, outcome.error.details) };
    case 'succeeded': {
      const bytes = Buffer.byteLength(outcome.output);
      if (bytes <= maxOutputBytes) return outcome;
      const error = cleanError('OUTPUT_TOO_LARGE', `the output has ${bytes} bytes, more than the limit of ${maxOutputBytes}`);
      return { kind: 'failed', error, retryable: false, retryAfterMs: null };
    }
    case 'cancelled':
      return outcome;
  }
}
