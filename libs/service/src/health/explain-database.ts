import { errorCode, isError } from '../error-code.js';

/** The database is there and refuses us, for a reason that waiting does not take away. `message` says which setting, and what to do. */
export class DatabaseRefusedError extends Error {
  override readonly name = 'DatabaseRefusedError';
  readonly code = 'DATABASE_REFUSED';
}

const LOGIN = /^28(P01|000)$/;

/** In plain words, or null for what is no fault of the settings. */
export function explainDatabase(error: unknown): DatabaseRefusedError | null {
  if (!isError(error)) return null;
  const advice = adviceFor(errorCode(error) ?? '', error.message);
  return advice === null
    ? null
    : new DatabaseRefusedError(`DATABASE_URL: Postgres says "${error.message}". ${advice}`, { cause: error });
}

function adviceFor(code: string, message: string): string | null {
  if (LOGIN.test(code) || /^SASL:/.test(message))
    return 'Correct user and password, or give the user a login: create role NAME login password ….';
  switch (code) {
    case '3D000':
      return 'Create the database (createdb NAME), or correct its name at the end of the URL.';
    case '25006':
      return 'The ledger needs a database that takes writes: name the primary, not a standby, and look for default_transaction_read_only.';
    case '42501':
      return 'This login may not do that. The one that migrates needs to create schemas: grant create on database NAME to USER.';
    case '08P01':
      return 'If a pooler stands between, let it pass the startup parameter `options` on, or connect to Postgres itself.';
    default:
      break;
  }
  if (/does not support SSL/i.test(message)) return 'Take sslmode out of the URL, or switch SSL on in the server.';
  if (/certificate/i.test(message)) return 'Correct sslmode and sslrootcert in the URL, or the server’s certificate.';
  return null;
}
