import type { OutcomeView, RetrySimulationView } from '@reprise/contracts';
import { RetrySimulation, type SimulatedOutcome, type VersionId } from '@reprise/core';
import { callPaths, isWithin, type RecordedTasks, type WorkflowCache, type WorkflowStore } from '@reprise/ledger';
import { type Clock, closestName, ProblemError } from '@reprise/service';
import { notFound } from '../requests/run-id.js';
import { type AskedSimulation, readSimulation } from './read-simulation.js';

/** So much of the newest is read; the report says when there was more. */
const MOST_ATTEMPTS = 100_000;
const MOST_RUNS = 100_000;

/** Replays what was recorded under another policy. Reads only, and never more than its limits. */
export class SimulateRetry {
  constructor(
    private readonly recorded: RecordedTasks,
    private readonly workflows: WorkflowStore,
    private readonly compiled: WorkflowCache,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly mostAttempts = MOST_ATTEMPTS,
  ) {}

  /** `body` as it came. @throws ProblemError 404 `workflow_not_found`, 422 `invalid_simulation`, `unknown_task` */
  async ask(body: unknown): Promise<RetrySimulationView> {
    return this.simulate(readSimulation(body, this.clock.now()));
  }

  private async simulate({ workflow, version, task, sinceMs, policy }: AskedSimulation): Promise<RetrySimulationView> {
    const found = await this.workflows.find(workflow, version ?? undefined);
    const name = `workflow ${workflow.slice(0, 200)}${version === null ? '' : `@${version.slice(0, 100)}`}`;
    if (found === null) throw notFound(name, 'workflow_not_found');
    if (task !== null) await this.checkTask(found.version.id, task);
    const simulation = new RetrySimulation(policy);
    const { oldest, newest, ...summary } = await this.recorded.read(
      {
        workflow,
        version: version === null ? null : found.version.id,
        task,
        sinceMs,
        mostAttempts: this.mostAttempts,
        mostRuns: MOST_RUNS,
      },
      (recorded) => simulation.add(recorded),
    );
    const { before, after, ...report } = simulation.report();
    return {
      workflow,
      version,
      task,
      since: instant(sinceMs),
      ...summary,
      oldest: oldest === null ? null : instant(oldest),
      newest: newest === null ? null : instant(newest),
      ...report,
      before: outcomeView(before),
      after: outcomeView(after),
    };
  }

  private async checkTask(version: VersionId, task: string): Promise<void> {
    const workflow = await this.compiled.get(version);
    const paths = workflow === null ? [] : callPaths(workflow).map(({ path }) => path);
    if (paths.some((path) => isWithin(path, task))) return;
    const closest = closestName(task.slice(0, 200), paths);
    throw new ProblemError({
      status: 422,
      code: 'unknown_task',
      detail: `task: there is no call ${task.slice(0, 200)}${closest === null ? '' : `; did you mean "${closest}"?`}`,
      hint: 'a path without indices, such as page.charge; only calls are tried again by `retry`',
    });
  }
}

const instant = (ms: number): string => new Date(ms).toISOString();

const outcomeView = ({ peakRetries: peak, ...outcome }: SimulatedOutcome): OutcomeView => ({
  ...outcome,
  peakRetries: peak === null ? null : { perSecond: peak.perSecond, at: instant(peak.at) },
});
