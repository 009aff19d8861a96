const REDACTED = '[redacted]';
const SHORTEST = 4;
// Every part has a longest length: without, a message of a megabyte without blanks kept the process busy for minutes.
const PASSWORD_IN_URL = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/?#@"'\\]{0,256}):[^\s"'\\]{0,1024}@/gi;

const known = new Set<string>();
let knownPattern: RegExp | null = null;

/**
 * From now on `value` is replaced in everything that passes `redact`, in each spelling it may take in JSON or in a URL.
 * Values shorter than 4 characters are not: blotting out every "on" would hide the log, not the secret.
 */
export function registerSecret(value: string): void {
  if (value.length < SHORTEST || known.has(value)) return;
  for (const spelling of [value, JSON.stringify(value).slice(1, -1), encodeSafely(value)]) known.add(spelling);
  const longestFirst = [...known].sort((a, b) => b.length - a.length);
  knownPattern = new RegExp(longestFirst.map((text) => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|'), 'g');
}

/** The text without any registered secret and without passwords in URLs. */
export function redact(text: string): string {
  const withoutSecrets = knownPattern === null ? text : text.replace(knownPattern, REDACTED);
  return withoutSecrets.includes('://') ? maskUrl(withoutSecrets) : withoutSecrets;
}

/** `amqp://user:pass@host` → `amqp://user:***@host`, wherever such a URL stands in the text. */
export function maskUrl(text: string): string {
  return text.replace(PASSWORD_IN_URL, '$1:***@');
}

function encodeSafely(value: string): string {
  try {
    return encodeURIComponent(value);
  } catch {
    return value; // a lone surrogate
  }
}
