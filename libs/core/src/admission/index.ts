export {
  type AdmissionAnswer,
  type AdmissionHold,
  type AdmissionRequest,
  type AdmissionState,
  admissionKey,
  admit,
} from './admission.js';
export { closeByHand, openByHand } from './by-hand.js';
export { type CallAnswer, type CallTally, countCalls, NO_CALLS } from './count-calls.js';
export {
  type Breaker,
  type BreakerPolicy,
  type Dependency,
  type DependencyPolicy,
  type RetryBudget,
  UNKNOWN_DEPENDENCY,
} from './dependency.js';
export { dependencyOf, type Guards, type HandlerLimits } from './guards.js';
export { askForStart, EMPTY_WINDOW, type RateWindow } from './rate-window.js';
