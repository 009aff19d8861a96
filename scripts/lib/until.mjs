import { setTimeout as wait } from 'node:timers/promises';

/**
 * Asks `probe` until it answers something truthy, which is returned.
 * Throws when `withinMs` have passed, when `signal` aborts, or when `probe` throws.
 */
export async function until(what, probe, { withinMs, everyMs = 100, signal }) {
  const end = performance.now() + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > end) throw new Error(`${what}: nothing after ${Math.round(withinMs / 1000)} s`);
    await wait(everyMs);
  }
}
