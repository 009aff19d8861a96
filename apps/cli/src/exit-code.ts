import { RepriseError, UnreachableError, WaitTimeoutError } from '@reprise/client';

/** What scripts can tell apart. Part of the public interface. */
export const EXIT = {
  ok: 0,
  error: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  conflict: 5,
  waitTimedOut: 6,
  unreachable: 7,
  runFailed: 10,
  runCancelled: 11,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command cannot be carried out as it was given; `message` says how to give it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof WaitTimeoutError) return EXIT.waitTimedOut;
  if (error instanceof UnreachableError) return EXIT.unreachable;
  return error instanceof RepriseError ? ofStatus(error) : EXIT.error;
}

function ofStatus({ status, code }: RepriseError): ExitCode {
  if (code === 'idempotency_mismatch') return EXIT.conflict;
  switch (status) {
    case 400:
    case 413:
    case 422:
      return EXIT.usage;
    case 401:
    case 403:
      return EXIT.auth;
    case 404:
      return EXIT.notFound;
    case 409:
      return EXIT.conflict;
    case 502:
    case 503:
    case 504:
      return EXIT.unreachable;
    default:
      return EXIT.error;
  }
}

export function exitCodeOfRun(status: string): ExitCode {
  return status === 'failed' ? EXIT.runFailed : status === 'cancelled' ? EXIT.runCancelled : EXIT.ok;
}
