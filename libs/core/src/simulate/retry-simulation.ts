import { type PartialRetryPolicy, resolveRetry } from '../retry/index.js';
import { type Advice, advise } from './advise.js';
import { type CodeRow, CodeTable, recoveryRate } from './code-table.js';
import { type Course, recordedCourse, replay } from './course.js';
import { OutcomeTally, type SimulatedOutcome } from './outcome-tally.js';
import { declaredRetry, episodesOf, type RecordedTask } from './recorded-task.js';

export interface SimulationReport {
  /** Task instances; one that a person had tried again counts once more. */
  readonly tasks: number;
  readonly attempts: number;
  /** Tasks whose recording does not follow from the policy that was in force, as far as that is known: a person or a handler had a say. */
  readonly deviating: number;
  readonly before: SimulatedOutcome;
  readonly after: SimulatedOutcome;
  readonly callsSaved: number;
  /** What is expected of the first attempt that was never made, of each unknown task. */
  readonly estimate: {
    readonly succeeded: number;
    /** How many tasks' rate is that of the same attempt after the same code, of any attempt after it, or not known. */
    readonly fromAttempt: number;
    readonly fromCode: number;
    readonly unfounded: number;
  };
  /** Tasks that succeeded and would not, by the code they would be given up after. */
  readonly givenUp: readonly { readonly code: string; readonly tasks: number; readonly latestAttempt: number }[];
  readonly codes: readonly CodeRow[];
  readonly advice: readonly Advice[];
}

interface Unknown {
  readonly code: string;
  readonly attempt: number;
  tasks: number;
}

/** Replays recorded tasks, one by one, under a proposal: what it leaves out stays as it was in force. */
export class RetrySimulation {
  private readonly was = new OutcomeTally();
  private readonly wouldBe = new OutcomeTally();
  private readonly codes = new CodeTable();
  private readonly unknown = new Map<string, Unknown>();
  private readonly givenUp = new Map<string, { tasks: number; latestAttempt: number }>();
  private tasks = 0;
  private attempts = 0;
  private deviating = 0;

  constructor(private readonly proposal: PartialRetryPolicy) {}

  add(task: RecordedTask): void {
    for (const episode of episodesOf(task)) this.addEpisode(episode);
  }

  report(): SimulationReport {
    const [before, after, codes] = [this.was.total(), this.wouldBe.total(), this.codes.rows()];
    const givenUp = [...this.givenUp]
      .map(([code, lost]) => ({ code, ...lost }))
      .sort((a, b) => b.tasks - a.tasks || (a.code < b.code ? -1 : 1));
    const estimate = this.estimate(codes);
    return {
      tasks: this.tasks,
      attempts: this.attempts,
      deviating: this.deviating,
      before,
      after,
      callsSaved: before.calls - after.calls,
      estimate,
      givenUp,
      codes,
      advice: advise(this.proposal, { before, after, codes, estimate, givenUp }),
    };
  }

  private addEpisode(task: RecordedTask): void {
    const declared = declaredRetry(task);
    const before = recordedCourse(task);
    const same = replay(task, resolveRetry(task.retry, declared));
    const after = replay(task, resolveRetry(this.proposal, task.retry, declared));
    const troubled = task.attempts[0]?.outcome !== 'succeeded';
    this.tasks += 1;
    this.attempts += task.attempts.length;
    if (same.outcome !== before.outcome || same.calls !== before.calls) this.deviating += 1;
    this.was.add(before, troubled);
    this.wouldBe.add(after, troubled);
    this.codes.add(task);
    if (after.code !== null) this.note(before, after, after.code);
  }

  private note(before: Course, after: Course, code: string): void {
    if (after.outcome === 'unknown') {
      const key = `${after.attempt} ${code}`;
      const unknown = this.unknown.get(key) ?? { code, attempt: after.attempt, tasks: 0 };
      unknown.tasks += 1;
      this.unknown.set(key, unknown);
    } else if (before.outcome === 'succeeded' && after.outcome !== 'succeeded') {
      const lost = this.givenUp.get(code) ?? { tasks: 0, latestAttempt: 0 };
      lost.tasks += 1;
      lost.latestAttempt = Math.max(lost.latestAttempt, before.attempt);
      this.givenUp.set(code, lost);
    }
  }

  private estimate(codes: readonly CodeRow[]): SimulationReport['estimate'] {
    const estimate = { succeeded: 0, fromAttempt: 0, fromCode: 0, unfounded: 0 };
    for (const { code, attempt, tasks } of this.unknown.values()) {
      const expected = recoveryRate(codes, code, attempt);
      estimate.succeeded += tasks * (expected?.rate ?? 0);
      if (expected === null) estimate.unfounded += tasks;
      else estimate[expected.from === 'attempt' ? 'fromAttempt' : 'fromCode'] += tasks;
    }
    return estimate;
  }
}
