/** Waits `delayMs`, or until the signal aborts; never rejects. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener('abort', end);
  });
}

/** Doubles from `firstMs` with every failure (counted from 1), up to `maximumMs`. */
export function growingMs(failures: number, firstMs: number, maximumMs: number): number {
  return Math.min(maximumMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
}

/** Waits for `work`, but not longer than the limit: a broker or handler that does not answer must not hold up a shutdown. */
export async function within(work: Promise<unknown>, limitMs: number): Promise<void> {
  const limit = new AbortController();
  await Promise.race([work, pause(limitMs, limit.signal)]);
  limit.abort();
}
