import { askToPass, type PassAnswer } from '../src/admission/ask-to-pass.js';
import {
  type CallTally,
  countCalls,
  type Dependency,
  type DependencyPolicy,
  NO_CALLS,
  UNKNOWN_DEPENDENCY,
} from '../src/admission/index.js';

export const BREAKER = {
  failurePercent: 50,
  minimumCalls: 10,
  windowMs: 30_000,
  openMs: 5_000,
  longestOpenMs: 60_000,
  canaries: 3,
  canaryMs: 30_000,
};
const POLICY: DependencyPolicy = { breaker: BREAKER, budget: null };
export const START = 1_767_225_600_000;

export const tally = (calls: number, failures: number, more: Partial<CallTally> = {}): CallTally => ({
  ...NO_CALLS,
  calls,
  failures,
  code: failures > 0 ? 'http.503' : null,
  ...more,
});

export const heard = (keys: readonly string[], answer: 'answered' | 'failed' | 'unheard'): CallTally => ({
  ...tally(answer === 'unheard' ? 0 : keys.length, answer === 'failed' ? keys.length : 0),
  passed: keys.map((key) => ({ key, answer })),
});

/** A dependency in time. */
export class Scene {
  now = START;
  dependency: Dependency = UNKNOWN_DEPENDENCY;

  constructor(readonly policy: DependencyPolicy = POLICY) {}

  get state(): string {
    return this.dependency.breaker.state;
  }

  wait(ms: number): this {
    this.now += ms;
    return this;
  }

  count(counted: CallTally): this {
    this.dependency = countCalls(this.dependency, counted, this.policy, this.now);
    return this;
  }

  ask(key: string, more: { again?: boolean; isRetry?: boolean; unit?: number } = {}): PassAnswer {
    const answer = askToPass(this.dependency, { key, isRetry: false, again: false, unit: 0.5, ...more }, this.policy, this.now);
    this.dependency = answer.dependency;
    return answer;
  }

  /** How many of so many are let through at once. */
  passing(keys: readonly string[]): readonly string[] {
    return keys.filter((key) => this.ask(key).kind === 'pass');
  }
}

export const names = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `t${from + index}`);
export const opened = (): Scene => new Scene().count(tally(10, 5));
export const halfOpen = (): Scene => opened().wait(5_000);
