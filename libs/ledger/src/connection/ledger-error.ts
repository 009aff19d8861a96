/** What the caller should do about an error of the database. */
export type ErrorClass =
  /** Nobody's fault: run the same transaction again (serialization, deadlock, lock or statement timeout). */
  | 'again'
  /** The database is away or has no room, or the commit's fate is unknown: look who won, then again. */
  | 'unavailable'
  /** The statement itself is refused: the same input will be refused again. */
  | 'refused';

const AGAIN = new Set(['40001', '40P01', '55P03', '57014', '25P03']);
/** The server lacks files, disk, memory or connections: a verdict on it, and not on what it was asked to write. */
const SHORT = new Set(['53000', '53100', '53200', '53300']);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function classifyError(error: unknown): ErrorClass {
  const code = codeOf(error);
  if (code !== null && AGAIN.has(code)) return 'again';
  if (code === null) return looksDisconnected(error) ? 'unavailable' : 'refused';
  if (NETWORK.has(code) || code.startsWith('08') || code.startsWith('57P')) return 'unavailable';
  if (SHORT.has(code)) return 'unavailable';
  // After a failover, this one is no longer the primary; its connection goes, the next is another's.
  if (code === '25006') return 'unavailable';
  return 'refused';
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** pg reports a lost connection as plain errors without a code. */
const looksDisconnected = (error: unknown): boolean =>
  error instanceof Error &&
  /connection terminated|not queryable|timeout exceeded when trying to connect|client was closed/i.test(error.message);
