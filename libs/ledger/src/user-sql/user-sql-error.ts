/**
 * `CANCELLED`: the attempt was stopped. `TOO_LARGE`: more rows or bytes than allowed. `TRANSACTION_CONTROL`: begin, commit and their
 * like are not the statement's to say. `UNKNOWN_CONNECTION`: no such name. `LOGIN`: the login for users' SQL is missing, refused or too strong.
 * `ENDED`: used after its transaction had ended. `STALE`: a newer attempt has taken over, and nothing was written.
 * `AMBIGUOUS`: the commit got no answer and nobody could be asked: report nothing and let the lease end.
 */
export type UserSqlErrorCode =
  | 'CANCELLED'
  | 'TOO_LARGE'
  | 'TRANSACTION_CONTROL'
  | 'UNKNOWN_CONNECTION'
  | 'LOGIN'
  | 'ENDED'
  | 'STALE'
  | 'AMBIGUOUS';

export class UserSqlError extends Error {
  override readonly name = 'UserSqlError';

  constructor(
    readonly code: UserSqlErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? {} : { cause });
  }
}
