import { type Json, type RunId, readProbeName } from '@reprise/core';
import { type Completion, CompletionStore, classifyError } from '@reprise/ledger';
import { faultPoint, type Logger } from '@reprise/service';
import type { ActiveWorkflow, ActiveWorkflows } from '../definitions/active-workflows.js';
import { eventVariable, type TriggerEvent } from '../events/trigger-event.js';
import { originOf, refuseHops } from '../starts/event-hops.js';
import type { TriggeredRequest, TriggerTarget } from '../starts/start-request.js';
import type { StartRuns } from '../starts/start-runs.js';
import { judgeProbe } from './judge-probe.js';

/** Ends of one transaction. */
const PAGE = 100;

export interface FollowRunsOptions {
  readonly starts: Pick<StartRuns, 'startAsked'>;
  readonly active: ActiveWorkflows;
  readonly logger: Logger;
}

/**
 * Starts what follows from the ends of other runs. An end is a row that the scheduler wrote with it; one transaction removes it and
 * starts what follows, so that it happens once, however many triggers there are and wherever one of them dies.
 */
export class FollowRuns {
  constructor(private readonly options: FollowRunsOptions) {}

  /** Acts on the ends that are there. `again`: there may be more. */
  async look(): Promise<'again' | 'rest'> {
    const taken: Completion[] = [];
    try {
      await this.act(taken, null, null);
    } catch (error) {
      if (classifyError(error) !== 'refused' || taken.length === 0) throw error;
      this.options.logger.warn({ error, ends: taken.length }, 'ends of runs were refused together, trying them one by one');
      for (const run of new Set(taken.map((end) => end.run))) await this.actAlone(run);
    }
    return taken.length === PAGE ? 'again' : 'rest';
  }

  /** What follows from one end and is refused by the ledger must not stop the others, nor itself for ever: it is kept with the reason. */
  private async actAlone(run: RunId): Promise<void> {
    try {
      await this.act([], run, null);
    } catch (error) {
      if (classifyError(error) !== 'refused') throw error;
      this.options.logger.error({ error, run }, 'what follows from the end of a run is refused by the ledger');
      await this.act([], run, `the ledger refuses it: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** `run`: only its ends. `taken` holds what it acted on, also when that is undone. */
  private async act(taken: Completion[], run: RunId | null, refusal: string | null): Promise<void> {
    const { starts, active, logger } = this.options;
    const { told } = await starts.startAsked({
      ask: async (session) => {
        taken.splice(0, taken.length, ...(await new CompletionStore(session).take(PAGE, run)));
        if (taken.length === 0) return [];
        // Once the ends are known: what was registered before one of them decides on it.
        const current = await active.refresh(session);
        const requests = taken.flatMap((end) => requestOf(end, current));
        return refusal === null ? requests : requests.map((request) => refused(request, refusal));
      },
      settle: async () => {
        if (taken.length > 0) await faultPoint('follow.before-commit');
        return [];
      },
    });
    if (taken.length > 0) await faultPoint('follow.after-commit');
    told.catch((error: unknown) =>
      logger.warn({ error }, 'what followed from ends of runs was not told; the watch will tell it'),
    );
  }
}

/** Nothing when nobody follows any more. */
function requestOf(end: Completion, current: ReadonlyMap<string, ActiveWorkflow>): readonly TriggeredRequest[] {
  if (readProbeName(end.workflow) !== null) return judgeProbe(end, current);
  const event = eventOf(end);
  const variables = { event: eventVariable(event) };
  const targets = [...current.values()].flatMap(({ version, workflow }) =>
    workflow.triggers.flatMap((trigger, number): readonly TriggerTarget[] => {
      if (trigger.kind !== 'workflow' || trigger.workflow !== end.workflow) return [];
      if (!trigger.statuses.some((status) => status === end.status)) return [];
      return [{ version, workflow, trigger: number, variables, origin: originOf(event) }];
    }),
  );
  if (targets.length === 0) return [];
  const refusal = refuseHops(event);
  const asked = refusal === null ? { targets } : { targets: [], results: [refusal] };
  return [{ kind: 'triggered', event, ...asked, redelivered: false }];
}

function refused({ event, targets, results = [] }: TriggeredRequest, reason: string): TriggeredRequest {
  const rejected = targets.map(({ workflow }) => ({ workflow: workflow.name, kind: 'rejected', reason }) as const);
  return { kind: 'triggered', event, targets: [], results: [...results, ...rejected], redelivered: false };
}

/** A run that is taken up again ends again: when it ended belongs to the id. */
function eventOf({ run, workflow, status, endedAt, output, error, labels, origin }: Completion): TriggerEvent {
  const failure: Json = error === null ? null : { code: error.code, message: error.message, task: error.task ?? null };
  return {
    source: `reprise/${workflow}`,
    id: `${run}/${status}/${Math.floor(endedAt)}`,
    type: `run.${status}`,
    subject: run,
    time: new Date(endedAt).toISOString(),
    data: { run, workflow, status, labels, output, error: failure },
    extensions: { reprisehop: String(origin.hops + 1) },
    anonymous: false,
  };
}
