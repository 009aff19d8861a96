import type { AttemptTicket } from '@reprise/contracts';
import type { JsonText, Outcome, PartialRetryPolicy } from '@reprise/core';

type Success = Extract<Outcome, { kind: 'succeeded' }>;

/** Where the document may find that it is no success after all, it tells how the handler would be retried. */
export const successOf = (
  { judged }: Pick<AttemptTicket, 'judged'>,
  handlerRetry: PartialRetryPolicy | null,
  output: JsonText,
): Success => ({
  kind: 'succeeded',
  output,
  ...(judged === true && handlerRetry !== null ? { handlerRetry } : {}),
});
