import { ProblemError } from '@reprise/service';

/** The body `{reason?}`, or none. Neither NUL nor half a surrogate pair is text to a database. @throws ProblemError 422 `invalid_body` */
export function readReason(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  const reason = typeof body === 'object' && 'reason' in body ? body.reason : undefined;
  const isEmpty = typeof body === 'object' && Object.keys(body).length === 0;
  if (isEmpty || reason === null) return null;
  if (typeof reason === 'string' && reason.length <= 1_000) return reason.toWellFormed().replaceAll('\0', '\uFFFD');
  throw new ProblemError({
    status: 422,
    code: 'invalid_body',
    detail: 'The body must be {"reason": "text of at most 1,000 characters"}, or absent.',
    errors: [{ path: 'reason', message: 'must be text of at most 1,000 characters' }],
  });
}
