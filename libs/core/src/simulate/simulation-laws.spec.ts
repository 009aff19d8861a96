import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BACKOFFS, decideRetry, JITTERS, type RetryMemory, type RetryPolicy } from '../retry/index.js';
import { type RecordedAttempt, type RecordedTask } from './recorded-task.js';
import { RetrySimulation, type SimulationReport } from './retry-simulation.js';

const patterns = fc.constantFrom('A', 'B', 'C', '*');
const scalars = {
  maximumAttempts: fc.nat({ max: 6 }),
  initialIntervalMs: fc.nat({ max: 5_000 }),
  backoff: fc.constantFrom(...BACKOFFS),
  backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
  maximumIntervalMs: fc.option(fc.integer({ min: 1, max: 60_000 })),
  jitter: fc.constantFrom(...JITTERS),
  maximumElapsedMs: fc.option(fc.integer({ min: 1, max: 600_000 })),
  onExhausted: fc.constantFrom('fail' as const, 'park' as const),
};
const rules = fc.record({ errors: fc.array(patterns, { minLength: 1, maxLength: 2 }), ...scalars }, { requiredKeys: ['errors'] });
const policies: fc.Arbitrary<RetryPolicy> = fc.record({
  ...scalars,
  retryOn: fc.option(fc.array(patterns, { minLength: 1, maxLength: 3 }), { freq: 4 }),
  nonRetryable: fc.array(fc.constantFrom('A', 'B'), { maxLength: 1 }),
  policies: fc.array(rules, { maxLength: 2 }),
  maximumLost: fc.integer({ min: 1, max: 4 }),
});
const fates = fc.record({
  kind: fc.constantFrom('failed', 'failed', 'failed', 'lost', 'succeeded', 'handed-back'),
  code: fc.constantFrom('A', 'B', 'C'),
  retryable: fc.constantFrom(null, null, null, false),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 90_000 }), { freq: 6 }),
  tookMs: fc.nat({ max: 20_000 }),
  lagMs: fc.nat({ max: 3_000 }),
  unit: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
type Fate = typeof fates extends fc.Arbitrary<infer T> ? T : never;

const START = 1_700_000_000_000;

/** A task as the engine would record it: fates in their order until the policy gives up, success when they have run out. */
function record(policy: RetryPolicy, sequence: readonly Fate[], deadlineAt: number | null): RecordedTask {
  const attempts: RecordedAttempt[] = [];
  let memory: RetryMemory | null = null;
  let at = START;
  const ended = (status: RecordedTask['status']): RecordedTask => ({ attempts, status, retry: policy, deadlineAt });
  for (const { kind, code, tookMs, lagMs, unit, retryable, retryAfterMs } of sequence) {
    const times = { startedAt: at, endedAt: at + tookMs };
    if (kind === 'succeeded') break;
    if (kind === 'handed-back') {
      const verdict = { reason: 'handed-back', executor: 'x', attempt: attempts.length + 1 } as const;
      attempts.push({ outcome: 'cancelled', ...times, verdict });
      at = times.endedAt + lagMs;
      continue;
    }
    const isLost = kind === 'lost';
    const decided = decideRetry({
      policy,
      memory,
      failure: isLost
        ? { kind: 'lost', code: 'LOST', retryable: null, retryAfterMs: null }
        : { kind: 'failed', code, retryable, retryAfterMs },
      attempt: attempts.length + 1,
      startedAt: at,
      now: times.endedAt,
      deadlineAt,
      unit,
    });
    attempts.push({ outcome: isLost ? 'lost' : 'failed', ...times, verdict: decided.why });
    if (decided.kind === 'exhausted') return ended(decided.action === 'park' ? 'parked' : 'failed');
    memory = decided.memory;
    at = times.endedAt + decided.delayMs + lagMs;
  }
  attempts.push({ outcome: 'succeeded', startedAt: at, endedAt: at + 5, verdict: null });
  return ended('succeeded');
}

const sequences = fc.array(fates, { maxLength: 12 });
const deadlines = fc.option(fc.integer({ min: START, max: START + 900_000 }), { freq: 3 });

function simulate(tasks: readonly RecordedTask[], proposal: Partial<RetryPolicy>): SimulationReport {
  const simulation = new RetrySimulation(proposal);
  for (const task of tasks) simulation.add(task);
  return simulation.report();
}

function law(name: string, holds: (tasks: readonly RecordedTask[], policy: RetryPolicy, other: RetryPolicy) => void): void {
  const lives = fc.array(fc.tuple(sequences, deadlines), { minLength: 1, maxLength: 12 });
  test(name, () => {
    fc.assert(
      fc.property(policies, policies, lives, (policy, other, drawn) => {
        const tasks = drawn.map(([sequence, deadlineAt]) => record(policy, sequence, deadlineAt));
        holds(tasks, policy, other);
      }),
      { numRuns: 400 },
    );
  });
}

law(
  'the policy that was in force gives what was recorded: outcomes, calls, waits and the second of each retry',
  (tasks, policy) => {
    for (const proposal of [{}, policy]) {
      const { before, after, deviating, callsSaved, givenUp } = simulate(tasks, proposal);
      expect({ after, deviating, callsSaved, givenUp }).toEqual({ after: before, deviating: 0, callsSaved: 0, givenUp: [] });
    }
    const { before } = simulate(tasks, {});
    const of = (status: string) => tasks.filter((task) => task.status === status).length;
    expect(before).toMatchObject({ succeeded: of('succeeded'), failed: of('failed'), parked: of('parked'), unknown: 0 });
    expect(before.calls).toBe(tasks.reduce((sum, { attempts }) => sum + attempts.length, 0));
  },
);

law('one attempt is one call for each task that was neither lost nor handed back first', (tasks, _policy, other) => {
  const steady = tasks.filter(({ attempts }) => attempts.every(({ outcome }) => outcome === 'failed' || outcome === 'succeeded'));
  const { after } = simulate(steady, { ...other, maximumAttempts: 1, policies: [] });
  expect(after.calls).toBe(steady.length);
  expect(after.unknown).toBe(0);
  expect(after.succeeded).toBe(steady.filter(({ attempts }) => attempts[0]?.outcome === 'succeeded').length);
});

law('more attempts never mean less success, what is not known counted as success', (tasks, _policy, other) => {
  const reach = ({ after }: SimulationReport): number => after.succeeded + after.unknown;
  const proposal: RetryPolicy = { ...other, maximumAttempts: Math.max(1, other.maximumAttempts), policies: [] };
  const more = { ...proposal, maximumAttempts: proposal.maximumAttempts + 2 };
  const [few, many, all] = [proposal, more, { ...proposal, maximumAttempts: 0 }].map((each) => simulate(tasks, each));
  if (few === undefined || many === undefined || all === undefined) throw new Error('three reports');
  expect(reach(many)).toBeGreaterThanOrEqual(reach(few));
  expect(reach(all)).toBeGreaterThanOrEqual(reach(many));
  expect(many.after.calls).toBeGreaterThanOrEqual(few.after.calls);
});

law('every task comes to one end, and nothing is counted that cannot be', (tasks, _policy, other) => {
  const { before, after, tasks: total, codes, estimate, givenUp, callsSaved } = simulate(tasks, other);
  for (const { succeeded, failed, parked, unknown, successRate } of [before, after]) {
    expect(succeeded + failed + parked + unknown).toBe(total);
    expect(successRate).toEqual({ least: succeeded / total, most: (succeeded + unknown) / total });
  }
  expect(after.succeeded).toBeLessThanOrEqual(before.succeeded);
  expect(estimate.fromAttempt + estimate.fromCode + estimate.unfounded).toBe(after.unknown);
  expect(estimate.succeeded).toBeLessThanOrEqual(after.unknown);
  expect(callsSaved).toBe(before.calls - after.calls);
  const lost = givenUp.reduce((sum, each) => sum + each.tasks, 0);
  expect(before.succeeded - after.succeeded).toBeGreaterThanOrEqual(lost);
  for (const { failures, retried, recovered } of codes) {
    expect(retried).toBeLessThanOrEqual(failures);
    expect(recovered).toBeLessThanOrEqual(retried);
  }
});

law('the order in which tasks are read does not matter', (tasks, _policy, other) => {
  const forwards = simulate(tasks, other);
  const backwards = simulate(tasks.toReversed(), other);
  const { estimate, advice: _, ...rest } = backwards;
  expect(rest).toEqual({ ...forwards, advice: undefined, estimate: undefined });
  expect(estimate.succeeded).toBeCloseTo(forwards.estimate.succeeded);
});
