import type { Guard } from '@reprise/core';
import { failWith, type SimulatedHandler, type SimulatedWorkflows, succeedWith } from '@reprise/worker/testing/interpreter';

/**
 * A handler whose answer depends on the path and on the task's own failures alone, so that a run on it ends the same however its
 * messages travel. About half of all instances succeed at once, the rest after one or two failures, or never.
 */
export function settledHandler(seed: number): SimulatedHandler {
  return ({ path, failures, input }) => {
    const draw = hash(`${seed}/${path}`);
    const failsFor = [0, 0, 0, 1, 1, 2, Infinity][draw % 7] ?? 0;
    const afterMs = [1, 10, 400, 6_000][(draw >>> 8) % 4] ?? 1;
    if (failures >= failsFor) return succeedWith({ good: (draw >>> 12) % 8 > 0, path, input }, afterMs);
    return failWith((draw >>> 16) % 3 === 0 ? 'http.503' : 'BROKEN', { retryable: (draw >>> 20) % 5 > 0, afterMs });
  };
}

/** Child runs whose end depends on the path of the task that waits for them alone: most succeed, some fail, some end cancelled, some cannot start. */
export function settledWorkflows(seed: number): SimulatedWorkflows {
  return ({ path, input }) => {
    const draw = hash(`${seed}/child/${path}`);
    const afterMs = [1, 400, 6_000, 30_000][(draw >>> 8) % 4] ?? 1;
    const ignoresCancel = (draw >>> 12) % 4 === 0;
    switch (draw % 7) {
      case 0:
        return { kind: 'fails', error: { code: 'BROKEN', message: 'as it is', task: 'inner' }, afterMs, ignoresCancel };
      case 1:
        return { kind: 'is-cancelled', error: null, afterMs };
      case 2:
        return { kind: 'refused', error: { code: 'NO_WORKFLOW', message: 'there is none' } };
      case 3:
        return { kind: 'succeeds', afterMs, ignoresCancel };
      default:
        return { kind: 'succeeds', output: { path, input }, afterMs, ignoresCancel };
    }
  };
}

/** Most handlers record no effects. */
const GUARDS: readonly Guard[] = ['settled', 'open-park', 'open-probe', 'open-retry', 'open-fail'];

/** Answers drawn from a tape; succeeds once it is used up. Slow ones, asked waits and deaf handlers are among them. */
export function tapedHandler(tape: readonly number[]): SimulatedHandler {
  let next = 0;
  return ({ path }) => {
    const draw = tape[next++] ?? 0;
    const afterMs = [10, 10, 2_000, 40_000][(draw >>> 4) % 4] ?? 10;
    const ignoresCancel = (draw >>> 6) % 4 === 3;
    const guard = GUARDS[(draw * 7) % 23];
    const left = guard === undefined ? {} : { guard };
    switch (draw % 6) {
      case 1:
        return {
          ...failWith('BROKEN', { afterMs, ...((draw >>> 7) % 2 === 0 ? { happened: false } : {}) }),
          ...left,
          ignoresCancel,
        };
      case 2:
        return { ...failWith('http.429', { retryAfterMs: (draw >>> 2) % 3_000, afterMs }), ignoresCancel };
      case 3:
        return { ...failWith('FINAL', { retryable: false, afterMs }), ignoresCancel };
      case 4:
        return { outcome: { kind: 'cancelled' }, ...left, afterMs };
      default:
        return { ...succeedWith({ good: draw % 5 > 0, path }, afterMs), ...left, ignoresCancel };
    }
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193) >>> 0;
  // Its low bits are poor: fold the high ones in.
  return (state ^ (state >>> 15)) >>> 0;
}
