import type { BriefRun, RetryObstacle, RetryObstacles } from '@reprise/ledger';
import { ProblemError } from '@reprise/service';
import type { CommandResult, CommandRun } from './command-run.js';

/** Has a failed run taken up again, or says why not and what to do instead. */
export class RetryRun {
  constructor(
    private readonly obstacles: RetryObstacles,
    private readonly command: CommandRun,
  ) {}

  async ask(run: BriefRun, by: string | null): Promise<Exclude<CommandResult, 'stale'>> {
    const obstacle = await this.obstacles.find(run.id);
    if (obstacle !== null) throw refusal(obstacle);
    const result = await this.command.ask(run, { kind: 'retry-run', by });
    if (result !== 'stale') return result;
    // Somebody else was quicker: what stands in the way by now says who.
    throw refusal((await this.obstacles.find(run.id)) ?? { kind: 'not-failed', status: 'failed' });
  }
}

function refusal(obstacle: RetryObstacle): ProblemError {
  const conflict = (detail: string, hint: string) => new ProblemError({ status: 409, code: 'not_retryable', detail, hint });
  switch (obstacle.kind) {
    case 'compensated':
      return conflict('What the run had done has been undone: there is nothing left to go on from.', RERUN);
    case 'parent':
      return conflict(
        `Run ${obstacle.parent}, which had started this one, has seen it fail and gone on.`,
        `retry run ${obstacle.parent}: it starts this one anew`,
      );
    case 'not-failed':
      return conflict(`Only a failed run can be retried; this one is ${obstacle.status}.`, HINTS[obstacle.status]);
  }
}

const RERUN = 'start a new run with the same input';

const HINTS = {
  queued: 'it has not begun yet',
  running: 'wait until it has ended; a task that waits for its next attempt can be hurried with retry-now',
  paused: 'resume it',
  succeeded: RERUN,
  failed: 'it has failed again meanwhile: ask once more',
  cancelled: RERUN,
} as const;
