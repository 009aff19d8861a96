import type { Address } from '../address.js';
import type { Fence } from '../ids.js';
import type { HoldReason } from '../retry/index.js';
import { askToPass } from './ask-to-pass.js';
import type { Dependency, DependencyPolicy } from './dependency.js';
import { UNKNOWN_DEPENDENCY } from './dependency.js';
import { askForStart, EMPTY_WINDOW, type RateWindow } from './rate-window.js';

export type AdmissionHold = Extract<HoldReason, 'RATE_LIMIT' | 'BREAKER_OPEN' | 'RETRY_BUDGET' | 'CONCURRENCY'>;

/** Asks whether an attempt may start. What is null holds nobody back. */
export interface AdmissionRequest extends Address {
  readonly fence: Fence;
  readonly rate: { readonly key: string; readonly max: number; readonly perMs: number } | null;
  readonly dependency: { readonly name: string; readonly isRetry: boolean } | null;
  /** At most `limit` attempts of the handler at the same time. */
  readonly place: { readonly call: string; readonly limit: number } | null;
  /** What it has been waiting for until now, and how long it was told to. */
  readonly waited: { readonly hold: AdmissionHold; readonly delayMs: number } | null;
  /** A random number in [0, 1). */
  readonly unit: number;
}

export const admissionKey = ({ node, at, fence }: Pick<AdmissionRequest, 'node' | 'at' | 'fence'>): string =>
  `${node}:${at}/${fence}`;

/** `now`: it has started, and counts. `later`: nothing has been taken; come back at `startAt`. */
export type AdmissionAnswer =
  | { readonly kind: 'now'; readonly as: 'canary' | 'wave' | null }
  | { readonly kind: 'later'; readonly hold: AdmissionHold; readonly startAt: number; readonly detail: string | null };

/** What the ledger knows of what an attempt asks for; null: nothing yet. */
export interface AdmissionState {
  readonly window: RateWindow | null;
  readonly dependency: Dependency | null;
  /** Attempts of the handler that hold a place; whether this one does already. */
  readonly held: number;
  readonly holdsPlace: boolean;
}

/** One that waits for a place is told when there is one; this is for when nobody tells it. */
const LOOK_AGAIN_MS = 60_000;

/**
 * In this order: the dependency's breaker, its retry budget, a place, the rate. All or nothing: what is asked for first is not taken
 * when something asked for later is not to be had.
 */
export function admit(
  state: AdmissionState,
  request: AdmissionRequest,
  key: string,
  policy: DependencyPolicy,
  now: number,
): { readonly state: AdmissionState; readonly answer: AdmissionAnswer } {
  const { rate, place, waited, unit } = request;
  const isWaitingFor = (...holds: AdmissionHold[]): boolean => waited !== null && holds.includes(waited.hold);
  let after = state;
  let as: 'canary' | 'wave' | null = null;
  if (request.dependency !== null) {
    const question = { key, isRetry: request.dependency.isRetry, again: isWaitingFor('BREAKER_OPEN', 'RETRY_BUDGET'), unit };
    const { dependency, ...passing } = askToPass(state.dependency ?? UNKNOWN_DEPENDENCY, question, policy, now);
    after = { ...after, dependency };
    if (passing.kind === 'hold') {
      const { hold, startAt, detail } = passing;
      return { state: after, answer: { kind: 'later', hold, startAt, detail } };
    }
    as = passing.as;
  }
  if (place !== null && !state.holdsPlace && state.held >= place.limit) {
    const detail = `${state.held} attempts of ${place.call} run, of at most ${place.limit}`;
    return { state, answer: { kind: 'later', hold: 'CONCURRENCY', startAt: now + LOOK_AGAIN_MS * (1 + unit), detail } };
  }
  if (rate !== null) {
    const again = isWaitingFor('RATE_LIMIT');
    const question = { max: rate.max, perMs: rate.perMs, again, waitedMs: again && waited !== null ? waited.delayMs : 0, unit };
    const { window, startAt } = askForStart(state.window ?? EMPTY_WINDOW, question, now);
    if (startAt > now)
      return { state: { ...state, window }, answer: { kind: 'later', hold: 'RATE_LIMIT', startAt, detail: null } };
    after = { ...after, window };
  }
  const held = place === null || state.holdsPlace ? state.held : state.held + 1;
  return { state: { ...after, held, holdsPlace: place !== null }, answer: { kind: 'now', as } };
}
