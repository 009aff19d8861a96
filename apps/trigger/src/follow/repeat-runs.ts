import { hasRunEnded } from '@reprise/core';
import { type BatchRun, BatchStore, classifyError, counted, type LockedBatch, type Session } from '@reprise/ledger';
import type { Logger } from '@reprise/service';
import type { RerunRequest, StartAnswer } from '../starts/start-request.js';
import type { StartRuns } from '../starts/start-runs.js';

export interface RepeatRunsOptions {
  readonly starts: Pick<StartRuns, 'startAsked'>;
  readonly logger: Logger;
}

/** `refused`: the ledger will not have the next one; it is counted and passed. */
type Limit = { readonly most: number; readonly refused: boolean };

interface Step {
  readonly batch: LockedBatch;
  readonly runs: readonly BatchRun[];
  readonly limit: number;
  readonly refused: boolean;
}

/**
 * Starts the runs of `rerun` batches, a second's worth at a time. One transaction starts them and moves the batch on, so that each is
 * repeated once, however many triggers there are and wherever one of them dies.
 */
export class RepeatRuns {
  constructor(private readonly options: RepeatRunsOptions) {}

  /** `again`: it has taken a step. A run that the ledger refuses does not hold up the others. */
  async look(): Promise<'again' | 'rest'> {
    for (const most of [Number.POSITIVE_INFINITY, 1]) {
      try {
        return await this.step({ most, refused: false });
      } catch (error) {
        if (classifyError(error) !== 'refused') throw error;
        this.options.logger.error({ error }, 'a run of a batch is refused by the ledger');
      }
    }
    return this.step({ most: 1, refused: true });
  }

  private async step({ most, refused }: Limit): Promise<'again' | 'rest'> {
    let step: Step | null = null;
    const { told } = await this.options.starts.startAsked({
      ask: async (session) => {
        step = await takeStep(session, most, refused);
        return step === null || refused ? [] : requestsOf(step);
      },
      settle: async (session, answers) => {
        if (step !== null) await writeStep(session, step, answers);
        return [];
      },
    });
    told.catch((error: unknown) =>
      this.options.logger.warn({ error }, 'what a batch started was not told; the watch will tell it'),
    );
    return step === null ? 'rest' : 'again';
  }
}

async function takeStep(session: Session, most: number, refused: boolean): Promise<Step | null> {
  const store = new BatchStore(session);
  const batch = await store.take(['rerun']);
  if (batch === null) return null;
  const limit = Math.min(batch.rate, most);
  return { batch, runs: await store.runs(batch, limit), limit, refused };
}

const endedOf = ({ runs }: Step): readonly BatchRun[] => runs.filter(({ status }) => hasRunEnded(status));

const requestsOf = (step: Step): readonly RerunRequest[] =>
  endedOf(step).map(({ id: run }) => ({
    kind: 'rerun',
    run,
    version: null,
    from: null,
    key: null,
    startedBy: step.batch.askedBy,
  }));

async function writeStep(session: Session, step: Step, answers: readonly StartAnswer[]): Promise<void> {
  const { batch, runs, limit, refused } = step;
  const ended = endedOf(step);
  const started = answers.filter(({ kind }) => kind === 'started').length;
  const reasons = refused ? ended.map(() => 'refused') : answers.flatMap(({ kind }) => (kind === 'started' ? [] : [kind]));
  await new BatchStore(session).write({
    id: batch.id,
    done: batch.done + started,
    skipped: counted(batch.skipped, Array(runs.length - ended.length).fill('not_ended')),
    failed: counted(batch.failed, reasons),
    below: runs.at(-1)?.id ?? batch.below,
    pauseMs: (started / batch.rate) * 1_000,
    last: runs.length < limit,
  });
}
