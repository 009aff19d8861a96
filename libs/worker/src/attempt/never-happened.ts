/** No connection came about: the other side cannot have done anything. */
const NEVER_SENT = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT']);
const DEEPEST = 5;

/** Whether an error says in so many words that nothing was done: `happened: false`, on it or in its `details`. */
export function saysNotHappened(error: unknown): boolean {
  const { happened, details } = fieldsOf(error);
  return typeof happened === 'boolean' ? !happened : fieldsOf(details)['happened'] === false;
}

/**
 * Whether an error of one request says that nothing was done: in so many words, or because no connection came about, in it or in its
 * causes. Everything else may have done its work before it broke.
 */
export function neverHappened(error: unknown, depth = 0): boolean {
  const { happened, code, cause, errors } = fieldsOf(error);
  if (depth > DEEPEST || typeof happened === 'boolean') return happened === false;
  if (saysNotHappened(error) || (typeof code === 'string' && NEVER_SENT.has(code))) return true;
  // Several addresses were tried, one after the other.
  if (Array.isArray(errors) && errors.length > 0) return errors.every((each) => neverHappened(each, depth + 1));
  return cause !== undefined && neverHappened(cause, depth + 1);
}

/** Of anything that was thrown, things whose fields throw when they are read included. */
function fieldsOf(thrown: unknown): Readonly<Record<string, unknown>> {
  if (typeof thrown !== 'object' || thrown === null) return {};
  try {
    const { happened, details, code, cause, errors } = thrown as Record<string, unknown>;
    return { happened, details, code, cause, errors };
  } catch {
    return {};
  }
}
