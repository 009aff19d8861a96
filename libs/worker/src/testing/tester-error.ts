/** The test asks for what cannot be, or does not say what it must: nothing that the workflow could handle. The message says what to do. */
export class TesterError extends Error {
  override readonly name = 'TesterError';

  constructor(
    readonly code: TesterErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export type TesterErrorCode =
  /** The document has problems. */
  | 'BAD_DOCUMENT'
  /** The input does not fit the document's schema. */
  | 'INVALID_INPUT'
  /** Something is called that the test does not have: a handler, a child's document, a secret, a database. */
  | 'NOT_GIVEN'
  /** A duration, an instant that cannot be read. */
  | 'BAD_VALUE'
  /** Something is named that is not there: a task, a call, a schedule. */
  | 'UNKNOWN_NAME'
  /** What is asked of the run does not fit the state it is in. */
  | 'WRONG_STATE'
  /** It goes on for ever, or a handler never comes back. */
  | 'NO_END';
