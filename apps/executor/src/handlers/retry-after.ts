const LONGEST_MS = 24 * 3_600_000;

/**
 * `Retry-After` (RFC 9110 §10.2.3), seconds or an HTTP date, in milliseconds up to 24 h; null when it says nothing usable.
 * A date counts from the answer's own `Date`, so that neither clock matters; one that has passed is a clock gone wrong, not "at once".
 */
export function retryAfterMs(value: string | undefined, answeredAt: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1_000), LONGEST_MS);
  const at = httpDate(text);
  if (at === null) return null;
  const waitMs = at - (httpDate(answeredAt ?? '') ?? nowMs);
  return waitMs > 0 ? Math.min(waitMs, LONGEST_MS) : null;
}

/** Only what looks like a date of HTTP: `Date.parse` takes nearly anything, "-1" too. */
function httpDate(text: string): number | null {
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}
